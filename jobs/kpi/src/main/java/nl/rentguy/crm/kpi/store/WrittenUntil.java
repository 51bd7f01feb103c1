package nl.rentguy.crm.kpi.store;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import nl.rentguy.crm.kpi.config.Database;
import org.jspecify.annotations.Nullable;

/**
 * How far the tables have come, by whichever attempts of a job.
 *
 * @param kpi the database that has schema {@code crm_kpi}
 * @param pipeline name of the job
 */
public record WrittenUntil(Database kpi, String pipeline) implements Serializable {

    /** The latest KPI time that is written, of any share of the tenants; null when none is. */
    public @Nullable Instant current() throws SQLException {
        try (Connection connection = kpi.connect()) {
            return of(pipeline, connection);
        }
    }

    static @Nullable Instant of(String pipeline, Connection database) throws SQLException {
        try (PreparedStatement select = database.prepareStatement(
                "SELECT max(written_until) FROM crm_kpi.crm_kpi_progress WHERE pipeline = ?")) {
            select.setString(1, pipeline);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                OffsetDateTime until = row.getObject(1, OffsetDateTime.class);
                return until == null ? null : until.toInstant();
            }
        }
    }
}
