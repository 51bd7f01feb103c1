package nl.rentguy.crm.kpi.engine;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * The sums of one key of a KPI table, what is to be added to them later, and which rows of it stand in the table. Not for several
 * threads; {@link #copy} shares nothing that changes.
 */
public final class Aggregate {

    private static final int FEW = 2;

    private final Map<List<String>, Amounts> sums;
    private final NavigableMap<Long, Map<List<String>, Amounts>> pending;
    private final Set<List<String>> published;

    /** Of a key that nothing is known of. */
    public Aggregate() {
        this(new HashMap<>(FEW), new TreeMap<>(), new LinkedHashSet<>(FEW));
    }

    /** As it was; the collections are this aggregate's from now on. */
    public Aggregate(
            Map<List<String>, Amounts> sums,
            NavigableMap<Long, Map<List<String>, Amounts>> pending,
            Set<List<String>> published) {
        this.sums = sums;
        this.pending = pending;
        this.published = published;
    }

    /** By line: the sums, none of them all zero. */
    public Map<List<String>, Amounts> sums() {
        return Collections.unmodifiableMap(sums);
    }

    /** By KPI time: what is to be added once it is reached. */
    public NavigableMap<Long, Map<List<String>, Amounts>> pending() {
        return Collections.unmodifiableNavigableMap(pending);
    }

    /** The primary keys, as text, of the rows that stand in the table. */
    public Set<List<String>> published() {
        return Collections.unmodifiableSet(published);
    }

    /**
     * Adds amounts to a line from that KPI time on.
     *
     * @return whether they are the first for that time
     */
    public boolean add(List<String> line, Amounts amounts, long from) {
        Map<List<String>, Amounts> waiting = pending.get(from);
        boolean isFirst = waiting == null;
        if (waiting == null) {
            waiting = new HashMap<>(FEW);
            pending.put(from, waiting);
        }
        waiting.merge(line, amounts, Amounts::plus);
        return isFirst;
    }

    /** Lets KPI time reach that instant: the sums are as of then. */
    public void reach(long kpiTime) {
        Map<List<String>, Amounts> due = pending.remove(kpiTime);
        if (due != null) {
            due.forEach(this::add);
        }
    }

    private void add(List<String> line, Amounts amounts) {
        Amounts sum = sums.get(line);
        Amounts total = sum == null ? amounts : sum.plus(amounts);
        if (total.isZero()) {
            sums.remove(line);
        } else {
            sums.put(line, total);
        }
    }

    /**
     * Lets those rows stand in the table, and no others.
     *
     * @return the primary keys, as text, of the rows that stood there and are not among them
     */
    public Collection<List<String>> publish(Collection<KpiRow> rows) {
        Set<List<String>> gone = new LinkedHashSet<>(published);
        for (KpiRow row : rows) {
            List<String> key = row.keyText();
            if (!gone.remove(key)) {
                published.add(key);
            }
        }
        published.removeAll(gone);
        return gone;
    }

    /** Whether there is nothing, and nothing to come. */
    public boolean isEmpty() {
        return sums.isEmpty() && pending.isEmpty() && published.isEmpty();
    }

    /** The same, which changes by itself. */
    public Aggregate copy() {
        TreeMap<Long, Map<List<String>, Amounts>> waiting = new TreeMap<>();
        pending.forEach((time, amounts) -> waiting.put(time, new HashMap<>(amounts)));
        return new Aggregate(new HashMap<>(sums), waiting, new LinkedHashSet<>(published));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Aggregate that
                && sums.equals(that.sums)
                && pending.equals(that.pending)
                && published.equals(that.published);
    }

    @Override
    public int hashCode() {
        return sums.hashCode();
    }

    @Override
    public String toString() {
        return "%s, later %s, published %s".formatted(sums, pending, published);
    }
}
