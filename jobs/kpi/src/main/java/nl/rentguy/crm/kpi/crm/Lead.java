package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_leads}, without what tells who it is.
 *
 * @param source where the lead came from, in the CRM's own spelling; null when nobody knows
 */
public record Lead(long id, String tenantId, @Nullable String source, Instant createdAt) implements CrmRow {

    /** This version, with what was not sent of it as it was before. */
    public Lead after(@Nullable Lead before) {
        return new Lead(id, tenantId, CrmRow.sent(source, before == null ? null : before.source), createdAt);
    }
}
