package nl.rentguy.crm.kpi.crm;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A lead and the deals that name it, whichever came first.
 *
 * @param lead null while only deals are known, or when the lead's row is deleted before they have let go of it
 * @param deals by id
 * @param counts how many deals there are of each tenant
 */
public record LeadAggregate(@Nullable Lead lead, ById<DealOfLead> deals, Map<String, Count> counts) implements Entity {

    public static final LeadAggregate EMPTY = new LeadAggregate(null, ById.none(), Map.of());

    /**
     * Deals of one tenant.
     *
     * @param deals at least one
     */
    public record Count(int deals, int won) {}

    /** A lead with those deals. */
    public static LeadAggregate of(@Nullable Lead lead, ById<DealOfLead> deals) {
        Map<String, Count> counts = new HashMap<>();
        deals.all().values().forEach(deal -> count(counts, deal, 1));
        return new LeadAggregate(lead, deals, counts);
    }

    public LeadAggregate with(@Nullable Lead newLead) {
        return new LeadAggregate(newLead, deals, counts);
    }

    /** The aggregate with that deal as it is now, or without it when {@code deal} is null. */
    public LeadAggregate with(long dealId, @Nullable DealOfLead deal) {
        Map<String, Count> changed = new HashMap<>(counts);
        DealOfLead before = deals.get(dealId);
        if (before != null) {
            count(changed, before, -1);
        }
        if (deal != null) {
            count(changed, deal, 1);
        }
        return new LeadAggregate(lead, deals.with(dealId, deal), changed);
    }

    private static void count(Map<String, Count> counts, DealOfLead deal, int more) {
        Count known = counts.getOrDefault(deal.tenantId(), new Count(0, 0));
        Count changed = new Count(known.deals + more, known.won + (deal.isWon() ? more : 0));
        if (changed.deals == 0) {
            counts.remove(deal.tenantId());
        } else {
            counts.put(deal.tenantId(), changed);
        }
    }

    @Override
    public int parts() {
        return deals.size();
    }

    public boolean isEmpty() {
        return lead == null && deals.isEmpty();
    }

    /** Whether that is so of the deals of the lead's own tenant: what another tenant's deal says of this lead counts for neither. */
    private boolean ofOwnDeals(Predicate<Count> predicate) {
        Count own = lead == null ? null : counts.get(lead.tenantId());
        return own != null && predicate.test(own);
    }

    public boolean hasDeals() {
        return ofOwnDeals(own -> own.deals > 0);
    }

    /** Whether a deal of it is won. */
    public boolean isWon() {
        return ofOwnDeals(own -> own.won > 0);
    }
}
