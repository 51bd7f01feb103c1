package nl.rentguy.crm.kpi.cdc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import nl.rentguy.crm.kpi.config.Database;

/** How far the CRM's log has come. */
public record LogPosition(Database crm) implements Serializable {

    /** SQL of the LSN of what will be written next. */
    static final String SQL =
            "(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END - '0/0')::bigint";

    /** The LSN of what will be written next. */
    public long current() throws SQLException {
        try (Connection connection = crm.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + SQL)) {
            row.next();
            return row.getLong(1);
        }
    }
}
