package nl.rentguy.crm.kpi.laptop;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;

/**
 * Refuses to continue from saved state without the replication slot that kept the log since. Flink CDC would make a new slot
 * at the log's end, and what was committed in between would be lost without a word.
 */
final class SlotGuard {

    private SlotGuard() {}

    /** @throws ConfigException when the slot is not there, or the server has removed the log it needs */
    static void check(Configuration config, Path savedState) throws SQLException {
        String slot = config.get(JobOptions.CDC_SLOT_NAME);
        try (Connection crm = DriverManager.getConnection(
                        JobOptions.required(JobOptions.CRM_JDBC_URL, config),
                        config.get(JobOptions.CRM_USERNAME),
                        config.get(JobOptions.CRM_PASSWORD));
                PreparedStatement statement =
                        crm.prepareStatement("SELECT wal_status FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next() || "lost".equals(row.getString(1))) {
                    throw new ConfigException(
                            "The replication slot '%s' is gone or has lost its log, so the changes since %s are lost. To start anew with a snapshot, empty state.dir (%s)"
                                    .formatted(slot, savedState, config.get(JobOptions.STATE_DIR)));
                }
            }
        }
    }
}
