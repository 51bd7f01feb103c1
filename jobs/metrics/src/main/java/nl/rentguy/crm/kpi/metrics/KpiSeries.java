package nl.rentguy.crm.kpi.metrics;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The series as the KPI database has them, in one statement and so of one instant for each tenant. */
final class KpiSeries {

    private final DataSource kpi;

    /** @param kpi as a role that may read the two views, such as {@code crm_kpi_exporter} */
    KpiSeries(DataSource kpi) {
        this.kpi = kpi;
    }

    /** @throws SQLException when the database is away, or does not answer in time */
    List<Series> read() throws SQLException {
        try (Connection connection = kpi.getConnection();
                Statement statement = timed(connection);
                ResultSet row = statement.executeQuery(
                        "SELECT metric, tenant_id, workflow_id, pipeline, phase, value FROM crm_kpi.crm_kpi_metrics")) {
            List<Series> series = new ArrayList<>();
            while (row.next()) {
                series.add(new Series(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getDouble(6)));
            }
            return series;
        }
    }

    /** What each metric means, by its name. */
    Map<String, String> help() throws SQLException {
        try (Connection connection = kpi.getConnection();
                Statement statement = timed(connection);
                ResultSet row = statement.executeQuery("SELECT metric, help FROM crm_kpi.crm_kpi_metric_names")) {
            Map<String, String> help = new HashMap<>();
            while (row.next()) {
                help.put(row.getString(1), row.getString(2));
            }
            return help;
        }
    }

    private static Statement timed(Connection connection) throws SQLException {
        Statement statement = connection.createStatement();
        statement.setQueryTimeout((int) MetricsServer.QUERY_TIMEOUT.toSeconds());
        return statement;
    }
}
