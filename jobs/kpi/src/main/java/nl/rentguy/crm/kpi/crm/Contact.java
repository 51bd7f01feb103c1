package nl.rentguy.crm.kpi.crm;

import java.time.Instant;

/**
 * What a deal needs to know of an activity.
 *
 * @param type the CRM's word, in its own case
 */
public record Contact(long dealId, String tenantId, String type, Instant occurredAt) implements CrmRow.Part {

    /** Of that activity. */
    public static Contact of(Activity activity) {
        return new Contact(activity.dealId(), activity.tenantId(), activity.type(), activity.occurredAt());
    }

    @Override
    public long parentId() {
        return dealId;
    }
}
