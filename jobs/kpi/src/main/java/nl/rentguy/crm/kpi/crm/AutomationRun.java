package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_automation_runs}.
 *
 * @param dealId the deal it is about; null when it is about none
 * @param status the CRM's word, in its own case
 * @param completedAt null while the run has not ended, and for runs that failed without an end
 */
public record AutomationRun(
        long id,
        String tenantId,
        @Nullable Long dealId,
        String workflowId,
        String status,
        Instant createdAt,
        @Nullable Instant completedAt) {

    /** {@code completed}, {@code succeeded}, {@code failed} and {@code cancelled} end a run. Case does not matter. */
    public boolean isTerminal() {
        return switch (status.toLowerCase(Locale.ROOT)) {
            case "completed", "succeeded", "failed", "cancelled" -> true;
            default -> false;
        };
    }

    /** Whether it has not ended in any way: by its status, or by the instant. */
    public boolean isUnended() {
        return !isTerminal() && completedAt == null;
    }

    public boolean isFailed() {
        return status.equalsIgnoreCase("failed");
    }
}
