package nl.rentguy.crm.kpi.crm;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_automation_runs}.
 *
 * @param dealId the deal it is about; null when it is about none
 * @param completedAt null while the run has not ended, and for runs that failed without an end
 */
public record AutomationRun(
        long id,
        String tenantId,
        @Nullable Long dealId,
        String workflowId,
        Status status,
        Instant createdAt,
        @Nullable Instant completedAt)
        implements CrmRow, Entity {

    /** How far a run is. */
    public enum Status {
        /** It has not ended, as far as its status tells. */
        OPEN,
        COMPLETED,
        FAILED,
        CANCELLED
    }

    public boolean isTerminal() {
        return status != Status.OPEN;
    }

    /** Whether it has not ended in any way: by its status, or by the instant. */
    public boolean isUnended() {
        return !isTerminal() && completedAt == null;
    }

    public boolean isFailed() {
        return status == Status.FAILED;
    }

    /** How long it took; null while that is not known. Never below 0: the CRM writes an end shortly before the row begins. */
    public @Nullable Duration length() {
        return completedAt == null ? null : Durations.between(createdAt, completedAt);
    }
}
