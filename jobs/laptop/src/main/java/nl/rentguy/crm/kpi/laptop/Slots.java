package nl.rentguy.crm.kpi.laptop;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;

/** The replication slots of this job in the CRM database, while no job runs. */
record Slots(Database crm, String slot) {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    static Slots of(Configuration config) {
        return new Slots(Database.crm(config), JobOptions.slotName(config));
    }

    /** Waits a while for the server to see that the reader has gone, as after a kill. */
    void awaitFree() throws SQLException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        try (Connection connection = crm.connect()) {
            while (!names(connection, "active AND (slot_name = ? OR slot_name ~ ('^' || ? || '_[0-9]+$'))")
                            .isEmpty()
                    && Instant.now().isBefore(deadline)) {
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
    }

    /** Drops those that a killed job's snapshot left; the names. */
    List<String> dropLeftovers() throws SQLException {
        return drop("NOT active AND slot_name <> ? AND slot_name ~ ('^' || ? || '_[0-9]+$')");
    }

    /** Drops all of them; the names. */
    List<String> dropAll() throws SQLException {
        return drop("(slot_name = ? OR slot_name ~ ('^' || ? || '_[0-9]+$'))");
    }

    private List<String> drop(String which) throws SQLException {
        try (Connection connection = crm.connect()) {
            List<String> names = names(connection, which);
            for (String name : names) {
                try (PreparedStatement drop = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
                    drop.setString(1, name);
                    drop.execute();
                }
            }
            return names;
        }
    }

    private List<String> names(Connection connection, String which) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT slot_name FROM pg_replication_slots WHERE plugin = 'pgoutput' AND database = current_database() AND "
                        + which)) {
            select.setString(1, slot);
            select.setString(2, slot);
            List<String> names = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            return names;
        }
    }
}
