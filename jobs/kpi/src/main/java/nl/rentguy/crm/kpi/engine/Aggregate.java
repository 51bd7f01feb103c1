package nl.rentguy.crm.kpi.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sums of one key of a KPI table, and what is to be added to them later. Immutable, and small: there is one for each key in state.
 *
 * @param sums by bucket, none of them all zero
 * @param pending by KPI time: what is to be added once it is reached
 */
public record Aggregate(Map<List<String>, Measures> sums, Map<Long, Map<List<String>, Measures>> pending) {

    /** Of a key that nothing is known of. */
    public static final Aggregate NONE = new Aggregate(Map.of(), Map.of());

    public Aggregate {
        sums = Map.copyOf(sums);
        pending = Map.copyOf(pending);
    }

    /** The same, and these measures added to that bucket from that KPI time on. */
    public Aggregate plus(List<String> bucket, Measures measures, long from) {
        Map<Long, Map<List<String>, Measures>> later = new HashMap<>(pending);
        later.merge(from, Map.of(bucket, measures), (some, more) -> Map.copyOf(total(some, more)));
        return new Aggregate(sums, later);
    }

    /** As of that KPI time, at which something was to be added; itself when nothing was. */
    public Aggregate reached(long kpiTime) {
        Map<List<String>, Measures> due = pending.get(kpiTime);
        if (due == null) {
            return this;
        }
        Map<Long, Map<List<String>, Measures>> later = new HashMap<>(pending);
        later.remove(kpiTime);
        Map<List<String>, Measures> total = total(sums, due);
        total.values().removeIf(Measures::isZero);
        return new Aggregate(total, later);
    }

    private static Map<List<String>, Measures> total(
            Map<List<String>, Measures> some, Map<List<String>, Measures> more) {
        Map<List<String>, Measures> total = new HashMap<>(some);
        more.forEach((bucket, measures) -> total.merge(bucket, measures, Measures::plus));
        return total;
    }

    /** Whether there is nothing, and nothing to come. */
    public boolean isEmpty() {
        return sums.isEmpty() && pending.isEmpty();
    }
}
