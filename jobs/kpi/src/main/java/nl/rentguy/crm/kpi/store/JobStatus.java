package nl.rentguy.crm.kpi.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells in {@code crm_kpi_status}, on a connection of its own, what the job cannot tell while it does not run. */
public final class JobStatus implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(JobStatus.class);

    private final SinkConnection kpi;
    private final String pipeline;

    public JobStatus(Configuration config) {
        kpi = new SinkConnection(Database.kpi(config));
        pipeline = config.get(JobOptions.KPI_PIPELINE_NAME);
    }

    /**
     * Tells it, when the database can be reached, of a job that has ever told anything.
     *
     * @param problem in words; null for none
     */
    public void tell(Phase phase, @Nullable String problem) {
        try (PreparedStatement update = kpi.getOrEstablishConnection().prepareStatement("""
                UPDATE crm_kpi.crm_kpi_status SET phase = ?, problem = ?, updated_at = now() WHERE pipeline = ?""")) {
            update.setString(1, phase.word());
            update.setString(2, problem);
            update.setString(3, pipeline);
            update.executeUpdate();
        } catch (SQLException e) {
            kpi.closeConnection();
            LOG.debug("The status cannot be told", e);
        }
    }

    /** What the status says now; empty when that cannot be told. */
    public Optional<Phase> phase() {
        try (PreparedStatement select = kpi.getOrEstablishConnection()
                .prepareStatement("SELECT upper(phase) FROM crm_kpi.crm_kpi_status WHERE pipeline = ?")) {
            select.setString(1, pipeline);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(Phase.valueOf(row.getString(1))) : Optional.empty();
            }
        } catch (SQLException e) {
            kpi.closeConnection();
            LOG.debug("The status cannot be read", e);
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        kpi.closeConnection();
    }
}
