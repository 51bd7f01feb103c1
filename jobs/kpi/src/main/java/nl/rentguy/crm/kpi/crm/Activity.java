package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_activities}: a call, an e-mail, a task, without its content.
 *
 * @param type the CRM's word, in its own case
 * @param dueAt when a task is to be done; null for what is no task, and where the CRM sends no task columns
 * @param status of a task, the CRM's word; null likewise
 */
public record Activity(
        long id,
        String tenantId,
        long dealId,
        String type,
        Instant occurredAt,
        @Nullable Instant dueAt,
        @Nullable String status) {

    /**
     * Whether it is still to be done: an activity of type {@code task} that is due some time, unless its status is {@code
     * done}, {@code completed}, {@code closed} or {@code cancelled}. Case does not matter.
     */
    public boolean isOpenTask() {
        if (!type.equalsIgnoreCase("task") || dueAt == null) {
            return false;
        }
        return status == null
                || switch (status.toLowerCase(Locale.ROOT)) {
                    case "done", "completed", "closed", "cancelled" -> false;
                    default -> true;
                };
    }
}
