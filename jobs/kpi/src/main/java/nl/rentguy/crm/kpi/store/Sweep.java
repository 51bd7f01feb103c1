package nl.rentguy.crm.kpi.store;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;

/** Deletes rows that an earlier run left in the KPI tables and that this run, which started anew, has not written. */
public final class Sweep implements Serializable {

    private static final long serialVersionUID = 1;

    private final List<String> tables;
    private final String url;
    private final String username;
    private final String password;

    /** @param tables in schema {@code crm_kpi} */
    public Sweep(List<String> tables, Configuration config) {
        this.tables = tables;
        this.url = JobOptions.required(JobOptions.KPI_JDBC_URL, config);
        this.username = config.get(JobOptions.KPI_USERNAME);
        this.password = config.get(JobOptions.KPI_PASSWORD);
    }

    /**
     * Deletes all rows as of before that KPI time, in one transaction.
     *
     * @return how many
     */
    public long rowsBefore(Instant kpiTime) throws SQLException {
        long deleted = 0;
        try (Connection connection = DriverManager.getConnection(url, username, password)) {
            connection.setAutoCommit(false);
            for (String table : tables) {
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM crm_kpi." + table + " WHERE as_of < ?")) {
                    delete.setObject(1, kpiTime.atOffset(ZoneOffset.UTC));
                    deleted += delete.executeUpdate();
                }
            }
            connection.commit();
        }
        return deleted;
    }
}
