package nl.rentguy.crm.kpi.cli;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;

/** The replication slot of this job in the CRM database, while no job runs. */
record ReplicationSlot(Database crm, String name) {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    static ReplicationSlot of(Configuration config) {
        return new ReplicationSlot(Database.crm(config), JobOptions.slotName(config));
    }

    /** Waits a while for the server to see that the reader has gone, as after a kill. */
    void awaitFree() throws SQLException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        try (Connection connection = crm.connect()) {
            while (exists(connection, "AND active") && Instant.now().isBefore(deadline)) {
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
    }

    /** Drops it; whether there was one. */
    boolean drop() throws SQLException {
        try (Connection connection = crm.connect()) {
            if (!exists(connection, "")) {
                return false;
            }
            try (PreparedStatement drop = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
                drop.setString(1, name);
                drop.execute();
            }
            return true;
        }
    }

    private boolean exists(Connection connection, String which) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT FROM pg_replication_slots WHERE slot_name = ? AND plugin = 'pgoutput' AND database = current_database() "
                        + which)) {
            select.setString(1, name);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next();
            }
        }
    }
}
