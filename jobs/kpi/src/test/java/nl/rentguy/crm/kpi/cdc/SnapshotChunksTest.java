package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import nl.rentguy.crm.kpi.cdc.RandomLog.Query;
import nl.rentguy.crm.kpi.cdc.RandomLog.Write;
import org.apache.flink.cdc.connectors.base.source.meta.split.FinishedSnapshotSplitInfo;
import org.apache.flink.cdc.connectors.postgres.source.offset.PostgresOffset;
import org.apache.flink.cdc.connectors.postgres.source.offset.PostgresOffsetFactory;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whatever transactions are open while chunks are read: the snapshot and the log together are the table. */
class SnapshotChunksTest {

    private static final String TABLE = "crm_leads";
    private static final int MIDDLE = 6;
    private static final Schema KEY =
            SchemaBuilder.struct().field("id", Schema.INT32_SCHEMA).build();

    private static FinishedSnapshotSplitInfo chunk(@Nullable Integer from, @Nullable Integer until, Query query) {
        return new FinishedSnapshotSplitInfo(
                new TableId(null, CaptureSpec.SCHEMA, TABLE),
                "chunk-" + from,
                from == null ? null : new Object[] {from},
                until == null ? null : new Object[] {until},
                PostgresOffset.of(SnapshotChunks.offset(query.seen(), query.position())),
                new PostgresOffsetFactory());
    }

    private static Struct key(int row) {
        return new Struct(KEY).put("id", row);
    }

    /** Two chunks, read one after the other; the first one once before, by an attempt that failed; then the log, by several attempts. */
    @Property(tries = 2_000)
    void theSnapshotAndTheLogAreTheTable(
            @ForAll long seed,
            @ForAll @LongRange(min = (1L << 32) - 40, max = (1L << 32) + 3) long firstId,
            @ForAll @IntRange(max = 200) int steps,
            @ForAll @IntRange(max = 30) int failed,
            @ForAll @IntRange(max = 30) int lower,
            @ForAll @IntRange(max = 30) int upper,
            @ForAll @IntRange(min = 1, max = 30) int attempt) {
        RandomLog log = new RandomLog(seed, steps, firstId);
        List<Query> queries = log.queries();
        int lowerAt = lower % queries.size();
        Query ofLower = queries.get(lowerAt);
        Query ofUpper = queries.get(upper % queries.size());
        Map<Integer, Integer> table = new TreeMap<>();
        read(queries.get(failed % (lowerAt + 1)), row -> row < MIDDLE, table);
        read(ofLower, row -> row < MIDDLE, table);
        read(ofUpper, row -> row >= MIDDLE, table);
        List<FinishedSnapshotSplitInfo> chunks = List.of(chunk(null, MIDDLE, ofLower), chunk(MIDDLE, null, ofUpper));
        List<Write> writes = log.after(0);
        List<Change> changes = log.changesAfter(0);
        @Nullable LogOffset saved = null;
        for (int read = 0; read < writes.size(); ) {
            // Each attempt reads on from where the one before it came to.
            LogCursor cursor = new LogCursor(saved);
            SnapshotChunks snapshot = new SnapshotChunks(chunks, saved);
            int until = Math.min(writes.size(), read + attempt);
            for (read = 0; read < until; read++) {
                Write write = writes.get(read);
                LogOffset offset = cursor.next(changes.get(read));
                if (offset == null) {
                    continue;
                }
                if (!snapshot.leaveOut(TABLE, key(write.row()), write.value() == null, offset.last())) {
                    RandomLog.set(table, write);
                }
                saved = LogOffset.saved(offset.with(snapshot.deleted()).getOffset());
            }
        }
        assertThat(table).isEqualTo(log.rows());
    }

    private static void read(Query query, IntPredicate rows, Map<Integer, Integer> to) {
        query.rows().forEach((row, value) -> {
            if (rows.test(row)) {
                to.put(row, value);
            }
        });
    }

    @Test
    void aChangeOfAllRowsIsNeverLeftOut() {
        SnapshotChunks chunks =
                new SnapshotChunks(List.of(chunk(null, null, new Query("10:12:10", 500, Map.of()))), null);
        assertThat(chunks.leaveOut(TABLE, null, false, new Change(9, 100, 90))).isFalse();
        assertThat(chunks.leaveOut(TABLE, key(1), false, new Change(9, 100, 90)))
                .isTrue();
    }

    @Test
    void stateOfAnEarlierVersionIsRefused() {
        FinishedSnapshotSplitInfo chunk = new FinishedSnapshotSplitInfo(
                new TableId(null, CaptureSpec.SCHEMA, TABLE),
                "chunk",
                null,
                null,
                PostgresOffset.of(LogOffset.at(500)),
                new PostgresOffsetFactory());
        assertThatThrownBy(() -> new SnapshotChunks(List.of(chunk), null))
                .isInstanceOf(SuppressRestartsException.class)
                .cause()
                .hasMessageContaining("--rebuild");
    }
}
