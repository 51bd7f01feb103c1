package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a lead needs to know of a deal that names it.
 *
 * @param valueCents the deal's value in hundredths of its currency's unit
 * @param createdAt when the deal was created
 */
public record DealOfLead(
        long leadId, String tenantId, Deal.Outcome outcome, long valueCents, String currency, Instant createdAt)
        implements CrmRow.Part {

    /** Of that deal; null when it names no lead. */
    public static @Nullable DealOfLead of(Deal deal) {
        Long lead = deal.leadId();
        return lead == null
                ? null
                : new DealOfLead(
                        lead, deal.tenantId(), deal.outcome(), deal.valueCents(), deal.currency(), deal.createdAt());
    }

    public boolean isWon() {
        return outcome == Deal.Outcome.WON;
    }

    @Override
    public long parentId() {
        return leadId;
    }
}
