package nl.rentguy.crm.kpi.cdc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import org.jspecify.annotations.Nullable;

/**
 * A log as PostgreSQL writes it while several transactions are open at the same time, and what queries see meanwhile. Rows of one
 * table are inserted, updated, deleted and inserted again.
 */
final class RandomLog {

    /** @param value null when the row was deleted */
    record Write(
            long transaction, long lsn, int row, @Nullable Integer value) {}

    /** @param end of its record in the log */
    record Committed(long transaction, long end, List<Write> writes) {}

    /**
     * What a query saw.
     *
     * @param seen as {@code pg_current_snapshot()} tells it
     * @param position of the log, afterwards
     */
    record Query(String seen, long position, Map<Integer, Integer> rows) {}

    private final Random random;
    private final List<Committed> log = new ArrayList<>();
    private final List<Query> queries = new ArrayList<>();
    private final TreeMap<Long, List<Write>> open = new TreeMap<>();
    private final Map<Integer, Long> locked = new HashMap<>();
    private final Map<Integer, Integer> rows = new TreeMap<>();

    /** Written to the log, and not yet seen by others. */
    private final List<Committed> unseen = new ArrayList<>();

    private long lsn;
    private long transactions;
    private int values;

    /** @param first id of a transaction; the log has 32 bits of it */
    RandomLog(long seed, int steps, long first) {
        random = new Random(seed);
        lsn = 1_000;
        transactions = first;
        query();
        for (int i = 0; i < steps; i++) {
            step();
        }
        while (!open.isEmpty()) {
            commit(open.firstKey());
        }
        see(unseen.size());
    }

    private void step() {
        lsn += 1 + random.nextInt(50);
        switch (random.nextInt(8)) {
            case 0, 1 -> open.put(transactions++, new ArrayList<>());
            case 2, 3, 4 -> anyOpen(this::write);
            case 5 -> anyOpen(this::commit);
            case 6 -> see(random.nextInt(unseen.size() + 1));
            default -> query();
        }
    }

    private void anyOpen(LongConsumer then) {
        if (!open.isEmpty()) {
            then.accept(new ArrayList<>(open.keySet()).get(random.nextInt(open.size())));
        }
    }

    private void write(long transaction) {
        List<Write> writes = Objects.requireNonNull(open.get(transaction));
        int rowsAtOnce = 1 + random.nextInt(2);
        for (int i = 0; i < rowsAtOnce; i++) {
            int row = random.nextInt(12);
            if (locked.merge(row, transaction, (holds, wants) -> holds) == transaction) {
                @Nullable Integer value = random.nextInt(4) == 0 ? null : values++;
                writes.add(new Write(transaction, lsn, row, value));
            }
        }
    }

    private void commit(long transaction) {
        lsn += 1 + random.nextInt(50);
        Committed committed = new Committed(transaction, lsn, Objects.requireNonNull(open.remove(transaction)));
        log.add(committed);
        unseen.add(committed);
    }

    /** Others see the first so many of those that are written. */
    private void see(int count) {
        for (Committed committed : List.copyOf(unseen.subList(0, count))) {
            committed.writes().forEach(write -> set(rows, write));
            committed.writes().forEach(write -> locked.remove(write.row()));
            unseen.remove(committed);
        }
    }

    private void query() {
        List<Long> running = new ArrayList<>();
        running.addAll(open.keySet());
        unseen.forEach(committed -> running.add(committed.transaction()));
        running.sort(null);
        String seen = "%d:%d:%s"
                .formatted(
                        running.isEmpty() ? transactions : running.get(0),
                        transactions,
                        String.join(",", running.stream().map(String::valueOf).toList()));
        queries.add(new Query(seen, lsn, new TreeMap<>(rows)));
    }

    static void set(Map<Integer, Integer> rows, Write write) {
        if (write.value() == null) {
            rows.remove(write.row());
        } else {
            rows.put(write.row(), write.value());
        }
    }

    /** All writes that are committed after that position, in the order in which the server sends them. */
    List<Write> after(long position) {
        return log.stream()
                .filter(committed -> committed.end() > position)
                .flatMap(committed -> committed.writes().stream())
                .toList();
    }

    /** The same as a reader is told of them that began there. */
    List<Change> changesAfter(long position) {
        List<Change> changes = new ArrayList<>();
        long before = 0;
        for (Committed committed : log) {
            if (committed.end() > position) {
                for (Write write : committed.writes()) {
                    changes.add(new Change((int) write.transaction(), write.lsn(), before));
                }
                before = committed.end();
            }
        }
        return changes;
    }

    List<Query> queries() {
        return queries;
    }

    /** What is there in the end. */
    Map<Integer, Integer> rows() {
        return rows;
    }
}
