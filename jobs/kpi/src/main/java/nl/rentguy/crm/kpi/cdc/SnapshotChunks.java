package nl.rentguy.crm.kpi.cdc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import org.apache.flink.cdc.connectors.base.source.meta.split.FinishedSnapshotSplitInfo;
import org.apache.flink.cdc.connectors.base.utils.SourceRecordUtils;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Tells of a change in the log whether the snapshot has it already. Each chunk of the snapshot is one query, and has the changes of
 * exactly the transactions that this one saw, see {@link VisibleTransactions}.
 *
 * <p>Deletions are taken once more, as a chunk that was read twice, before and after a failure, may have left a row that was deleted in
 * between; and with them all that comes later of the same row.
 */
final class SnapshotChunks {

    /** Some rows of a table, by primary key. */
    private record Chunk(FinishedSnapshotSplitInfo rows, VisibleTransactions seen) {

        boolean contains(Object key) {
            return SourceRecordUtils.splitKeyRangeContains(
                    new Object[] {key}, rows.getSplitStart(), rows.getSplitEnd());
        }
    }

    private record Row(String table, Object key) {}

    private final Map<String, List<Chunk>> byTable = new HashMap<>();
    private final Set<Row> deleted = new HashSet<>();

    /** All that the chunks saw was committed before. */
    private long end;

    private boolean passed;

    SnapshotChunks(List<FinishedSnapshotSplitInfo> finished) {
        for (FinishedSnapshotSplitInfo chunk : finished) {
            Map<String, String> offset = chunk.getHighWatermark().getOffset();
            byTable.computeIfAbsent(chunk.getTableId().table(), any -> new ArrayList<>())
                    .add(new Chunk(chunk, VisibleTransactions.saved(offset)));
            end = Math.max(end, Long.parseLong(offset.get(LogOffset.LSN)));
        }
    }

    /**
     * The offset of a chunk.
     *
     * @param seen what its query saw, see {@link VisibleTransactions#parse}
     * @param position of the log, afterwards
     */
    static Map<String, String> offset(String seen, long position) {
        Map<String, String> offset = LogOffset.at(position);
        VisibleTransactions.parse(seen).save(offset);
        return offset;
    }

    /**
     * Whether the snapshot has that change.
     *
     * @param key primary key of the row; null when the change is of all rows
     * @throws SuppressRestartsException when one chunk has it and another has not
     */
    boolean have(String table, @Nullable Struct key, boolean isDeletion, Change change) {
        if (passed) {
            return false;
        }
        if (change.committedBefore() >= end) {
            passed = true;
            deleted.clear();
            return false;
        }
        List<Chunk> chunks = byTable.getOrDefault(table, List.of());
        if (key == null) {
            return allHave(table, chunks, change);
        }
        Object id = key.get(key.schema().fields().get(0));
        Row row = new Row(table, id);
        boolean seen =
                chunks.stream().anyMatch(chunk -> chunk.seen().contains(change.transaction()) && chunk.contains(id));
        if (seen && isDeletion) {
            deleted.add(row);
        }
        return seen && !deleted.contains(row);
    }

    private static boolean allHave(String table, List<Chunk> chunks, Change change) {
        long seen = chunks.stream()
                .filter(chunk -> chunk.seen().contains(change.transaction()))
                .count();
        if (seen > 0 && seen < chunks.size()) {
            throw new SuppressRestartsException(new IllegalStateException(
                    "%s was truncated while the snapshot was read. Start anew: crm-kpi run --rebuild"
                            .formatted(table)));
        }
        return seen > 0;
    }
}
