package nl.rentguy.crm.kpi.metrics;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much of its log the CRM's server keeps for the job, and how much it may before it gives the slot up. */
final class SlotSeries {

    static final Map<String, String> HELP = Map.of(
            "crm_kpi_crm_up", "1 when the CRM's database answered, 0 when it did not.",
            "crm_kpi_slot_active", "1 while the job reads the slot.",
            "crm_kpi_slot_retained_bytes", "Log that the CRM's server keeps because the job has not read it yet.",
            "crm_kpi_slot_safe_bytes",
                    "Log that may still be written before the slot is in danger, by max_slot_wal_keep_size; not there without a limit.",
            "crm_kpi_slot_lost", "1 when the slot was given up: run --rebuild is needed.");

    private static final Logger LOG = LoggerFactory.getLogger(SlotSeries.class);

    private final DataSource crm;
    private final String slot;

    /** @param crm any role may read this there */
    SlotSeries(DataSource crm, String slot) {
        this.crm = crm;
        this.slot = slot;
    }

    /** Of the slot, when it exists; that the database is away is told by a series, as the other series are right all the same. */
    List<Series> read() {
        try (Connection connection = crm.getConnection();
                PreparedStatement statement = connection.prepareStatement("""
                        SELECT active::integer, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn),
                          safe_wal_size, (wal_status = 'lost')::integer
                        FROM pg_replication_slots WHERE slot_name = ?""")) {
            statement.setString(1, slot);
            statement.setQueryTimeout((int) MetricsServer.QUERY_TIMEOUT.toSeconds());
            List<Series> series = new ArrayList<>(List.of(Series.ofServer("crm_kpi_crm_up", 1)));
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    add(series, "crm_kpi_slot_active", row, 1);
                    add(series, "crm_kpi_slot_retained_bytes", row, 2);
                    add(series, "crm_kpi_slot_safe_bytes", row, 3);
                    add(series, "crm_kpi_slot_lost", row, 4);
                }
            }
            return series;
        } catch (SQLException e) {
            LOG.warn("The CRM's database does not answer: {}", e.getMessage());
            return List.of(Series.ofServer("crm_kpi_crm_up", 0));
        }
    }

    private static void add(List<Series> series, String name, ResultSet row, int column) throws SQLException {
        double value = row.getDouble(column);
        if (!row.wasNull()) {
            series.add(Series.ofServer(name, value));
        }
    }
}
