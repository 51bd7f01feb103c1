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
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Tells of a change in the log whether the snapshot has it already. Each chunk of the snapshot is one query, and has the changes of
 * exactly the transactions that this one saw, see {@link VisibleTransactions}.
 *
 * <p>Deletions are taken once more, as a chunk that was read twice, before and after a failure, may have left a row that was deleted in
 * between; and with them all that comes later of the same row. A change of all rows ends the job in any case.
 */
final class SnapshotChunks {

    /** Some rows of a table, by primary key. */
    private record Chunk(FinishedSnapshotSplitInfo rows, VisibleTransactions seen) {

        boolean contains(Object key) {
            return SourceRecordUtils.splitKeyRangeContains(
                    new Object[] {key}, rows.getSplitStart(), rows.getSplitEnd());
        }
    }

    private final Map<String, List<Chunk>> byTable = new HashMap<>();
    /** Rows that the snapshot has, and of which it has a deletion too. */
    private final Set<String> deleted = new HashSet<>();

    /** All that the chunks saw was committed before. */
    private long end;

    private boolean passed;

    /** @param saved up to which change the log has been read; null when no change was */
    SnapshotChunks(List<FinishedSnapshotSplitInfo> finished, @Nullable LogOffset saved) {
        for (FinishedSnapshotSplitInfo chunk : finished) {
            Map<String, String> offset = chunk.getHighWatermark().getOffset();
            byTable.computeIfAbsent(chunk.getTableId().table(), any -> new ArrayList<>())
                    .add(new Chunk(chunk, VisibleTransactions.saved(offset)));
            end = Math.max(end, Long.parseLong(offset.get(LogOffset.LSN)));
        }
        if (saved != null) {
            deleted.addAll(saved.deleted());
            passed = saved.complete() >= end;
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
     * Takes the next change in the log.
     *
     * @param key primary key of the row; null when the change is of all rows, which is always taken
     * @return whether the snapshot has it already
     */
    boolean leaveOut(String table, @Nullable Struct key, boolean isDeletion, Change change) {
        if (passed) {
            return false;
        }
        if (change.committedBefore() >= end) {
            passed = true;
            deleted.clear();
            return false;
        }
        if (key == null) {
            return false;
        }
        Object id = key.get(key.schema().fields().get(0));
        boolean seen = byTable.getOrDefault(table, List.of()).stream()
                .anyMatch(chunk -> chunk.seen().contains(change.transaction()) && chunk.contains(id));
        String row = table + "." + id;
        if (seen && isDeletion) {
            deleted.add(row);
        }
        return seen && !deleted.contains(row);
    }

    /** Rows of which changes are taken though the snapshot has them, to be saved with the offset. */
    Set<String> deleted() {
        return deleted;
    }
}
