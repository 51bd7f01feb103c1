package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A deal and what is filed under it, whichever came first.
 *
 * @param history null while only what belongs to the deal is known, or when its row is deleted first
 * @param remembered what the KPI database remembers of the deal from an earlier job; null when it remembers nothing, and
 *     once the aggregate is bootstrapped
 * @param versions the versions of its row that came before the aggregate was bootstrapped, oldest first
 * @param bootstrapped whether all that an earlier job remembers has been taken in
 * @param pastVisits number of the last visit of the deal's earlier lives, 0 for none: a deal that is deleted and restored under
 *     its id does not overwrite the history of its first life
 * @param deletedAt when its last life ended; null when it is alive, or never was
 * @param contacts when its activities occur
 */
public record DealAggregate(
        @Nullable DealHistory history,
        @Nullable PastDeal remembered,
        List<Deal> versions,
        boolean bootstrapped,
        int pastVisits,
        @Nullable Instant deletedAt,
        Contacts contacts)
        implements Entity {

    public static final DealAggregate EMPTY = new DealAggregate(null, null, List.of(), false, 0, null, Contacts.NONE);

    /** The aggregate after a new version of the deal's row. */
    public DealAggregate withVersion(Deal deal) {
        if (bootstrapped) {
            DealHistory next = history == null ? DealHistory.startingWith(deal, pastVisits + 1) : history.then(deal);
            return with(next, null, List.of(), true, pastVisits, null);
        }
        List<Deal> all = new ArrayList<>(versions);
        all.add(deal);
        return with(historyOf(remembered, all), remembered, all, false, pastVisits, null);
    }

    /** The aggregate after the deletion of the deal's row at that instant. */
    public DealAggregate withoutDeal(Instant at) {
        int visits = history == null ? pastVisits : history.visit();
        return with(null, remembered, List.of(), bootstrapped, visits, history == null ? deletedAt : at);
    }

    /**
     * The aggregate of a deal of which an earlier job knew that, the versions that are known coming after it. Once the aggregate is bootstrapped it
     * is too late for that.
     */
    public DealAggregate withPast(PastDeal past) {
        return bootstrapped
                ? this
                : with(
                        versions.isEmpty() ? null : historyOf(past, versions),
                        past,
                        versions,
                        false,
                        pastVisits,
                        deletedAt);
    }

    private DealHistory historyOf(@Nullable PastDeal past, List<Deal> all) {
        Deal first = all.get(0);
        // Ids of two CRMs may meet in one table, tenants do not.
        boolean ofThisDeal = past != null && past.tenantId().equals(first.tenantId());
        DealHistory known = past != null && ofThisDeal ? past.history() : null;
        int visits = past != null && ofThisDeal ? Math.max(pastVisits, past.lastVisit()) : pastVisits;
        DealHistory result = known == null ? DealHistory.startingWith(first, visits + 1) : known.then(first);
        for (Deal next : all.subList(1, all.size())) {
            result = result.then(next);
        }
        return result;
    }

    /** The aggregate with one contact less, and one more. */
    public DealAggregate withContact(@Nullable Contact less, @Nullable Contact more) {
        return new DealAggregate(
                history, remembered, versions, bootstrapped, pastVisits, deletedAt, contacts.change(less, more));
    }

    private DealAggregate with(
            @Nullable DealHistory newHistory,
            @Nullable PastDeal newRemembered,
            List<Deal> newVersions,
            boolean newBootstrapped,
            int newPastVisits,
            @Nullable Instant newDeletedAt) {
        return new DealAggregate(
                newHistory, newRemembered, newVersions, newBootstrapped, newPastVisits, newDeletedAt, contacts);
    }

    /** The aggregate as it goes on, with all that an earlier job remembers taken in. */
    public DealAggregate bootstrappedAt(Instant now) {
        if (bootstrapped) {
            return this;
        }
        PastDeal past = history == null ? remembered : null;
        return with(
                history,
                null,
                List.of(),
                true,
                past == null ? pastVisits : Math.max(pastVisits, past.lastVisit()),
                past != null && deletedAt == null ? now : deletedAt);
    }

    /** The aggregate without the oldest visits to stages that it has left, up to the first that is not history. */
    public DealAggregate withoutVisits(Predicate<StageVisit> isHistory) {
        if (history == null || !history.hasVisitsThat(isHistory)) {
            return this;
        }
        return with(history.withoutVisits(isHistory), remembered, versions, bootstrapped, pastVisits, deletedAt);
    }

    /** The aggregate without what is known of earlier lives. */
    public DealAggregate withoutPast() {
        return with(history, remembered, versions, bootstrapped, 0, null);
    }

    @Override
    public int parts() {
        return contacts.size()
                + versions.size()
                + (history == null ? 0 : history.leftVisits().size());
    }

    /** Whether nothing is known, and nothing remembered. */
    public boolean isEmpty() {
        return history == null && remembered == null && pastVisits == 0 && contacts.isEmpty();
    }
}
