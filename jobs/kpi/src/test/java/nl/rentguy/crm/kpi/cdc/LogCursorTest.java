package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import nl.rentguy.crm.kpi.cdc.RandomLog.Write;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Wherever the log is read on, each change is read once. */
class LogCursorTest {

    /**
     * A job that is started again and again, each time from an older checkpoint than it had come to.
     *
     * @param reads how many more changes each attempt reads
     */
    @Property(tries = 2_000)
    void afterEachRestartItReadsWhatItHadNotRead(
            @ForAll long seed,
            @ForAll @LongRange(min = (1L << 32) - 40, max = (1L << 32) + 3) long firstId,
            @ForAll @IntRange(max = 120) int steps,
            @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 20) Integer> reads) {
        RandomLog log = new RandomLog(seed, steps, firstId);
        List<Write> all = log.after(0);
        Random random = new Random(seed);
        Checkpoint latest = new Checkpoint(null, 0);
        long slot = 0;
        for (int more : reads) {
            LogOffset saved = latest.offset() == null
                    ? null
                    : LogOffset.saved(latest.offset().getOffset());
            if (saved != null && saved.complete() > 0) {
                assertThat(slot).as("what the server still has").isLessThanOrEqualTo(saved.complete());
            }
            LogCursor cursor = new LogCursor(saved);
            List<Write> sent = log.after(slot);
            List<Change> changes = log.changesAfter(slot);
            List<Checkpoint> checkpoints = new ArrayList<>(List.of(latest));
            List<Write> read = new ArrayList<>();
            for (int i = 0; i < sent.size() && read.size() < more; i++) {
                LogOffset offset = cursor.next(changes.get(i));
                if (offset != null) {
                    read.add(sent.get(i));
                    checkpoints.add(new Checkpoint(offset, latest.read() + read.size()));
                }
            }
            assertThat(read)
                    .isEqualTo(all.subList(latest.read(), Math.min(all.size(), latest.read() + read.size())))
                    .hasSize(Math.min(more, all.size() - latest.read()));
            int restored = random.nextInt(checkpoints.size());
            latest = checkpoints.get(restored);
            LogOffset released = checkpoints.get(random.nextInt(restored + 1)).offset();
            slot = Math.max(slot, released == null ? 0 : released.complete());
        }
    }

    /** @param read how many changes had been read then */
    private record Checkpoint(@Nullable LogOffset offset, int read) {}

    @Test
    void aLogThatGoesOnLaterIsRefused() {
        LogCursor cursor = new LogCursor(new LogOffset(new Change(7, 100, 90), 1));
        assertThat(cursor.next(new Change(6, 70, 0))).isNull();
        assertThatThrownBy(() -> cursor.next(new Change(9, 130, 120)))
                .isInstanceOf(SuppressRestartsException.class)
                .cause()
                .hasMessageContainingAll("changes between may be lost", "--rebuild");
    }

    @Test
    void whatFlinkCdcSavesBeforeTheFirstChangeIsNoChange() {
        assertThat(LogOffset.saved(SnapshotChunks.offset("3:3:", 100))).isNull();
    }
}
