package nl.rentguy.crm.kpi.operators;

import java.util.HashMap;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import org.jspecify.annotations.Nullable;

/** Counts what one task reads, until somebody takes the count. */
final class ReadTally {

    private static final int LONGEST_WORD = 40;

    private final Map<String, Counts> tables = new HashMap<>();
    private final Map<String, Long> unknownWords = new HashMap<>();
    private long position;
    private long committedAt = RowChange.IN_SNAPSHOT;

    private static final class Counts {
        private long snapshotRows;
        private long changes;
        private long inserts;
        private long deletes;
        private long refused;
    }

    void beat(RawChange beat) {
        position = Math.max(position, beat.position());
        if (!beat.isInSnapshot()) {
            committedAt = beat.committedAt();
        }
    }

    /** @param unknownStatus a status word that no setting knows; null when there is none */
    void row(RawChange row, boolean refused, @Nullable String unknownStatus) {
        beat(row);
        Counts counts = tables.computeIfAbsent(row.table(), table -> new Counts());
        switch (row.operation()) {
            case READ -> counts.snapshotRows++;
            case INSERT -> counts.inserts++;
            case DELETE -> counts.deletes++;
            case UPDATE, TRUNCATE -> {}
        }
        counts.changes += row.isInSnapshot() ? 0 : 1;
        counts.refused += refused ? 1 : 0;
        if (unknownStatus != null && unknownWords.size() < SourceProgress.MOST_WORDS) {
            int length = Math.min(LONGEST_WORD, unknownStatus.codePointCount(0, unknownStatus.length()));
            String word = unknownStatus.substring(0, unknownStatus.offsetByCodePoints(0, length));
            unknownWords.merge(row.table() + ".status = " + word, 1L, Long::sum);
        }
    }

    /** What was counted since the last time. */
    SourceProgress take() {
        Map<String, TableProgress> read = new HashMap<>();
        tables.forEach((table, counts) -> read.put(
                table,
                new TableProgress(
                        counts.snapshotRows, counts.changes, counts.inserts, counts.deletes, counts.refused)));
        SourceProgress progress = new SourceProgress(read, Map.copyOf(unknownWords), position, committedAt);
        tables.clear();
        unknownWords.clear();
        return progress;
    }
}
