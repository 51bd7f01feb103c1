package nl.rentguy.crm.kpi.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sums of one key of a KPI table, and what is to be added to them later. Immutable, and small: there is one for each key in state.
 *
 * @param sums by line, none of them all zero
 * @param pending by KPI time: what is to be added once it is reached
 */
public record Aggregate(Map<List<String>, Amounts> sums, Map<Long, Map<List<String>, Amounts>> pending) {

    /** Of a key that nothing is known of. */
    public static final Aggregate NONE = new Aggregate(Map.of(), Map.of());

    public Aggregate {
        sums = Map.copyOf(sums);
        pending = Map.copyOf(pending);
    }

    /** The same, and these amounts added to that line from that KPI time on. */
    public Aggregate plus(List<String> line, Amounts amounts, long from) {
        Map<Long, Map<List<String>, Amounts>> later = new HashMap<>(pending);
        later.merge(from, Map.of(line, amounts), Aggregate::total);
        return new Aggregate(sums, later);
    }

    /** As of that KPI time, at which something was to be added; itself when nothing was. */
    public Aggregate reached(long kpiTime) {
        Map<List<String>, Amounts> due = pending.get(kpiTime);
        if (due == null) {
            return this;
        }
        Map<Long, Map<List<String>, Amounts>> later = new HashMap<>(pending);
        later.remove(kpiTime);
        Map<List<String>, Amounts> total = new HashMap<>(total(sums, due));
        total.values().removeIf(Amounts::isZero);
        return new Aggregate(total, later);
    }

    private static Map<List<String>, Amounts> total(Map<List<String>, Amounts> some, Map<List<String>, Amounts> more) {
        Map<List<String>, Amounts> total = new HashMap<>(some);
        more.forEach((line, amounts) -> total.merge(line, amounts, Amounts::plus));
        return Map.copyOf(total);
    }

    /** Whether there is nothing, and nothing to come. */
    public boolean isEmpty() {
        return sums.isEmpty() && pending.isEmpty();
    }
}
