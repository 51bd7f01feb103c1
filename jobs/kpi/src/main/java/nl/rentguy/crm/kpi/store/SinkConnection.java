package nl.rentguy.crm.kpi.store;

import java.sql.Connection;
import java.sql.SQLException;
import nl.rentguy.crm.kpi.config.Database;
import org.apache.flink.connector.jdbc.datasource.connections.JdbcConnectionProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connection of one sink's task. Only the way to the password travels with the job, never the password. */
final class SinkConnection implements JdbcConnectionProvider {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(SinkConnection.class);
    private static final int SECONDS_TO_ANSWER = 10;

    private final Database database;

    private transient @Nullable Connection connection;

    SinkConnection(Database database) {
        this.database = database;
    }

    @Override
    public @Nullable Connection getConnection() {
        return connection;
    }

    @Override
    public boolean isConnectionValid() throws SQLException {
        return connection != null && connection.isValid(SECONDS_TO_ANSWER);
    }

    @Override
    public Connection getOrEstablishConnection() throws SQLException {
        Connection held = connection;
        if (held == null || !held.isValid(SECONDS_TO_ANSWER)) {
            closeConnection();
            held = database.connect();
            connection = held;
        }
        return held;
    }

    @Override
    public void closeConnection() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            LOG.debug("A broken connection does not close", e);
        } finally {
            connection = null;
        }
    }

    @Override
    public Connection reestablishConnection() throws SQLException {
        closeConnection();
        return getOrEstablishConnection();
    }
}
