package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_activities}: a call, an e-mail, a task, without its content.
 *
 * @param type the CRM's word, in its own case
 * @param dueAt when a task is to be done; null for what is no task, and where the CRM sends no task columns
 * @param done whether a task needs nobody any more, by its status
 */
public record Activity(
        long id,
        String tenantId,
        long dealId,
        String type,
        Instant occurredAt,
        @Nullable Instant dueAt,
        boolean done) implements CrmRow, Entity {

    /** Whether it is still to be done: an activity of type {@code task}, in any case, that is due some time and not done. */
    public boolean isOpenTask() {
        return Letters.fold(type).equals("task") && dueAt != null && !done;
    }
}
