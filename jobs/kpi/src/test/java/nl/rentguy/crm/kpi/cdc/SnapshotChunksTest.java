package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.relational.TableId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
                new TableId(null, CapturedTables.SCHEMA, TABLE),
                "chunk-" + from,
                from == null ? null : new Object[] {from},
                until == null ? null : new Object[] {until},
                PostgresOffset.of(SnapshotChunks.offset(query.seen(), query.position())),
                new PostgresOffsetFactory());
    }

    private static Struct key(int row) {
        return new Struct(KEY).put("id", row);
    }

    /** Two chunks, read one after the other; the first one once before, by an attempt that failed. */
    @Property(tries = 2_000)
    void theSnapshotAndTheLogAreTheTable(
            @ForAll long seed,
            @ForAll @LongRange(min = (1L << 32) - 40, max = (1L << 32) + 3) long firstId,
            @ForAll @IntRange(max = 200) int steps,
            @ForAll @IntRange(max = 30) int failed,
            @ForAll @IntRange(max = 30) int lower,
            @ForAll @IntRange(max = 30) int upper) {
        RandomLog log = new RandomLog(seed, steps, firstId);
        List<Query> queries = log.queries();
        int lowerAt = lower % queries.size();
        Query ofLower = queries.get(lowerAt);
        Query ofUpper = queries.get(upper % queries.size());
        Map<Integer, Integer> table = new TreeMap<>();
        queries.get(failed % (lowerAt + 1)).rows().forEach((row, value) -> {
            if (row < MIDDLE) {
                table.put(row, value);
            }
        });
        ofLower.rows().forEach((row, value) -> {
            if (row < MIDDLE) {
                table.put(row, value);
            }
        });
        ofUpper.rows().forEach((row, value) -> {
            if (row >= MIDDLE) {
                table.put(row, value);
            }
        });
        SnapshotChunks chunks = new SnapshotChunks(List.of(chunk(null, MIDDLE, ofLower), chunk(MIDDLE, null, ofUpper)));
        List<Write> writes = log.after(0);
        List<Change> changes = log.changesAfter(0);
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            if (!chunks.have(TABLE, key(write.row()), write.value() == null, changes.get(i))) {
                RandomLog.set(table, write);
            }
        }
        assertThat(table).isEqualTo(log.rows());
    }

    @Test
    void aTruncateThatAllChunksHaveIsOverAndOneThatNoneHasCounts() {
        SnapshotChunks chunks = new SnapshotChunks(List.of(
                chunk(null, MIDDLE, new Query("10:12:10", 500, Map.of())),
                chunk(MIDDLE, null, new Query("11:13:", 600, Map.of()))));
        assertThat(chunks.have(TABLE, null, false, new Change(9, 100, 90))).isTrue();
        assertThat(chunks.have(TABLE, null, false, new Change(13, 400, 390))).isFalse();
        assertThat(chunks.have(TABLE, null, false, new Change(9, 700, 600))).isFalse();
    }

    @Test
    void aTruncateBetweenTwoChunksIsRefused() {
        SnapshotChunks chunks = new SnapshotChunks(List.of(
                chunk(null, MIDDLE, new Query("10:12:10", 500, Map.of())),
                chunk(MIDDLE, null, new Query("11:13:", 600, Map.of()))));
        assertThatThrownBy(() -> chunks.have(TABLE, null, false, new Change(10, 100, 90)))
                .isInstanceOf(SuppressRestartsException.class)
                .cause()
                .hasMessageContainingAll(TABLE + " was truncated while the snapshot was read", "--rebuild");
    }
}
