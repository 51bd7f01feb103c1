package nl.rentguy.crm.kpi.crm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A deal and all that is filed under it, whichever came first.
 *
 * @param history null while only what belongs to the deal is known, or when its row is deleted first
 * @param remembered what the KPI database remembers of the deal from an earlier job; null when it remembers nothing, and
 *     once the file is settled
 * @param versions the versions of its row that came before the file was settled, oldest first
 * @param settled whether all that an earlier job remembers has been taken in
 * @param activities by id
 * @param runs by id, those alone that may need a person: failed, or not ended
 */
public record DealFile(
        @Nullable DealHistory history,
        @Nullable DealHistory remembered,
        List<Deal> versions,
        boolean settled,
        Map<Long, Activity> activities,
        Map<Long, AutomationRun> runs) {

    public static final DealFile EMPTY = new DealFile(null, null, List.of(), false, Map.of(), Map.of());

    /** The file after a new version of the deal's row, or after its deletion when {@code deal} is null. */
    public DealFile withVersion(@Nullable Deal deal) {
        if (deal == null) {
            return new DealFile(null, null, List.of(), settled, activities, runs);
        }
        if (settled) {
            DealHistory next = history == null ? DealHistory.startingWith(deal) : history.then(deal);
            return new DealFile(next, null, List.of(), true, activities, runs);
        }
        List<Deal> all = new ArrayList<>(versions);
        all.add(deal);
        return new DealFile(historyOf(remembered, all), remembered, all, false, activities, runs);
    }

    /**
     * The file of a deal of which an earlier job knew that history, the versions that are known coming after it. Once the
     * file is settled it is too late for that.
     */
    public DealFile remembering(DealHistory past) {
        return settled
                ? this
                : new DealFile(
                        versions.isEmpty() ? null : historyOf(past, versions), past, versions, false, activities, runs);
    }

    private static DealHistory historyOf(@Nullable DealHistory past, List<Deal> versions) {
        Deal first = versions.get(0);
        // Ids of two CRMs may meet in one table, tenants do not.
        boolean ofThisDeal = past != null && past.deal().tenantId().equals(first.tenantId());
        DealHistory history = past != null && ofThisDeal ? past.then(first) : DealHistory.startingWith(first);
        for (Deal next : versions.subList(1, versions.size())) {
            history = history.then(next);
        }
        return history;
    }

    /** The file with that activity in its newest version, or without it when {@code activity} is null. */
    public DealFile withActivity(long activityId, @Nullable Activity activity) {
        return new DealFile(history, remembered, versions, settled, ById.with(activities, activityId, activity), runs);
    }

    /** The file with that run in its newest version, or without it when it is null or needs nobody any more. */
    public DealFile withRun(long runId, @Nullable AutomationRun run) {
        boolean kept = run != null && (run.isFailed() || run.isUnended());
        return new DealFile(
                history, remembered, versions, settled, activities, ById.with(runs, runId, kept ? run : null));
    }

    /** The file as it goes on, settled and without some runs; null when nothing is left in it. */
    public @Nullable DealFile settledWithout(Predicate<AutomationRun> without) {
        Map<Long, AutomationRun> keptRuns = runs;
        if (runs.values().stream().anyMatch(without)) {
            keptRuns = new HashMap<>(runs);
            keptRuns.values().removeIf(without);
        }
        if (history == null && activities.isEmpty() && keptRuns.isEmpty()) {
            return null;
        }
        return settled && keptRuns.size() == runs.size()
                ? this
                : new DealFile(history, null, List.of(), true, activities, keptRuns);
    }

    /** Whether nothing is known, and nothing remembered. */
    public boolean isEmpty() {
        return history == null && remembered == null && activities.isEmpty() && runs.isEmpty();
    }
}
