package nl.rentguy.crm.kpi.crm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    public DealFile with(@Nullable Deal deal) {
        if (deal == null) {
            return new DealFile(null, null, List.of(), settled, activities, runs);
        }
        if (settled && history != null) {
            return with(history.then(deal), remembered, versions);
        }
        List<Deal> all = new ArrayList<>(versions);
        all.add(deal);
        return with(historyOf(remembered, all), remembered, all);
    }

    /** The file of a deal of which an earlier job knew that history, the versions that are known coming after it. */
    public DealFile with(DealHistory past) {
        return with(versions.isEmpty() ? history : historyOf(past, versions), past, versions);
    }

    private DealFile with(@Nullable DealHistory newHistory, @Nullable DealHistory past, List<Deal> newVersions) {
        return new DealFile(newHistory, past, newVersions, settled, activities, runs);
    }

    private static DealHistory historyOf(@Nullable DealHistory past, List<Deal> versions) {
        Deal first = versions.get(0);
        boolean same = past != null && past.deal().tenantId().equals(first.tenantId());
        DealHistory history = same ? Objects.requireNonNull(past).then(first) : DealHistory.startingWith(first);
        for (Deal next : versions.subList(1, versions.size())) {
            history = history.then(next);
        }
        return history;
    }

    /** The file with that activity in its newest version, or without it when {@code activity} is null. */
    public DealFile with(long activityId, @Nullable Activity activity) {
        return new DealFile(history, remembered, versions, settled, with(activities, activityId, activity), runs);
    }

    /** The file with that run in its newest version, or without it when it is null or has ended well. */
    public DealFile with(long runId, @Nullable AutomationRun run) {
        boolean kept = run != null && (run.isFailed() || !run.isTerminal());
        return new DealFile(history, remembered, versions, settled, activities, with(runs, runId, kept ? run : null));
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
        return settled && versions.isEmpty() && keptRuns.size() == runs.size()
                ? this
                : new DealFile(history, null, List.of(), true, activities, keptRuns);
    }

    /** Whether nothing is known, and nothing remembered. */
    public boolean isEmpty() {
        return history == null && remembered == null && activities.isEmpty() && runs.isEmpty();
    }

    /** The map with that value under the key, or without the key when it is null. */
    static <V> Map<Long, V> with(Map<Long, V> map, long key, @Nullable V value) {
        Map<Long, V> changed = new HashMap<>(map);
        if (value == null) {
            changed.remove(key);
        } else {
            changed.put(key, value);
        }
        return changed;
    }
}
