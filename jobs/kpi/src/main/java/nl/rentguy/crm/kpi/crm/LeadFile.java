package nl.rentguy.crm.kpi.crm;

import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A lead and the deals that name it, whichever came first.
 *
 * @param lead null while only deals are known, or when the lead's row is deleted before they have let go of it
 * @param deals by id
 */
public record LeadFile(@Nullable Lead lead, Map<Long, Deal> deals) {

    public static final LeadFile EMPTY = new LeadFile(null, Map.of());

    public LeadFile with(@Nullable Lead newLead) {
        return new LeadFile(newLead, deals);
    }

    /** The file with that deal in its newest version, or without it when {@code deal} is null. */
    public LeadFile with(long dealId, @Nullable Deal deal) {
        return new LeadFile(lead, ById.with(deals, dealId, deal));
    }

    public boolean isEmpty() {
        return lead == null && deals.isEmpty();
    }

    /** The deals that are of the lead's own tenant: what another tenant's deal says of this lead counts for neither. */
    public Stream<Deal> ownDeals() {
        return deals.values().stream()
                .filter(deal -> lead != null && deal.tenantId().equals(lead.tenantId()));
    }

    /** Whether a deal of it is won. */
    public boolean isWon() {
        return ownDeals().anyMatch(deal -> deal.outcome() == Deal.Outcome.WON);
    }
}
