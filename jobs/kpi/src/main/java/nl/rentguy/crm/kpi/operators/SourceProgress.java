package nl.rentguy.crm.kpi.operators;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.ToLongFunction;
import nl.rentguy.crm.kpi.crm.RowChange;

/**
 * What was read of the CRM, in a while.
 *
 * @param tables by CRM table; those of which nothing was read are not in it
 * @param unknownWords status words that no setting knows, as {@code table.column = word}, and how often each was read; at most
 *     {@value #MOST_WORDS} of them
 * @param position the furthest LSN in the CRM's log; 0 for none
 * @param committedAt commit time of what was read there, milliseconds since the epoch; {@link RowChange#IN_SNAPSHOT} for none
 */
public record SourceProgress(
        Map<String, TableProgress> tables, Map<String, Long> unknownWords, long position, long committedAt) {

    static final int MOST_WORDS = 20;

    /**
     * What was read of one CRM table, heartbeats aside.
     *
     * @param snapshotRows rows of the snapshot
     * @param changes changes from the log
     * @param inserts how many of them are new rows
     * @param deletes how many of them are deletions
     * @param refused how many rows and changes could not be taken in
     */
    public record TableProgress(long snapshotRows, long changes, long inserts, long deletes, long refused) {

        TableProgress plus(TableProgress other) {
            return new TableProgress(
                    snapshotRows + other.snapshotRows,
                    changes + other.changes,
                    inserts + other.inserts,
                    deletes + other.deletes,
                    refused + other.refused);
        }

        /** Rows and changes. */
        public long read() {
            return snapshotRows + changes;
        }

        /** How many rows the table has, as far as was read. */
        public long rows() {
            return snapshotRows + inserts - deletes;
        }
    }

    static final SourceProgress NONE = new SourceProgress(Map.of(), Map.of(), 0, RowChange.IN_SNAPSHOT);

    SourceProgress plus(SourceProgress other) {
        Map<String, Long> words = merged(unknownWords, other.unknownWords, Long::sum);
        if (words.size() > MOST_WORDS) {
            words.keySet()
                    .retainAll(
                            words.keySet().stream().sorted().limit(MOST_WORDS).toList());
        }
        return new SourceProgress(
                merged(tables, other.tables, TableProgress::plus),
                words,
                Math.max(position, other.position),
                other.position >= position && other.committedAt != RowChange.IN_SNAPSHOT
                        ? other.committedAt
                        : committedAt);
    }

    private static <V> Map<String, V> merged(Map<String, V> a, Map<String, V> b, BinaryOperator<V> both) {
        Map<String, V> merged = new HashMap<>(a);
        b.forEach((key, value) -> merged.merge(key, value, both));
        return merged;
    }

    private long sum(ToLongFunction<TableProgress> of) {
        return tables.values().stream().mapToLong(of).sum();
    }

    /** Rows of the snapshot. */
    public long snapshotRows() {
        return sum(TableProgress::snapshotRows);
    }

    /** Rows of the snapshot and changes since. */
    public long read() {
        return sum(TableProgress::read);
    }

    /** How many of them could not be taken in. */
    public long refused() {
        return sum(TableProgress::refused);
    }

    /** Whether nothing of the log was read yet. */
    public boolean isInSnapshot() {
        return committedAt == RowChange.IN_SNAPSHOT;
    }
}
