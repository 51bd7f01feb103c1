package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import nl.rentguy.crm.kpi.cdc.RandomLog.Write;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Wherever the log is read on, each change is read once. */
class LogCursorTest {

    /**
     * @param readBefore how many changes had been read when the offset was saved
     * @param releasedBefore how many when the slot was last told an offset
     */
    @Property(tries = 2_000)
    void afterARestartItReadsWhatItHadNotRead(
            @ForAll long seed,
            @ForAll @LongRange(min = (1L << 32) - 40, max = (1L << 32) + 3) long firstId,
            @ForAll @IntRange(max = 120) int steps,
            @ForAll @IntRange(max = 60) int readBefore,
            @ForAll @IntRange(max = 60) int releasedBefore) {
        RandomLog log = new RandomLog(seed, steps, firstId);
        List<Write> all = log.after(0);
        int read = Math.min(readBefore, all.size());
        int released = Math.min(releasedBefore, read);
        LogCursor first = new LogCursor(null);
        @Nullable LogOffset saved = null;
        long slot = 0;
        for (int i = 0; i < read; i++) {
            saved = Objects.requireNonNull(first.next(log.changesAfter(0).get(i)));
            if (i < released) {
                slot = Math.max(slot, saved.last().lsn());
            }
        }
        LogCursor second = new LogCursor(saved == null ? null : LogOffset.saved(saved.getOffset()));
        List<Write> sent = log.after(slot);
        List<Change> changes = log.changesAfter(slot);
        List<Write> readOn = new ArrayList<>();
        for (int i = 0; i < sent.size(); i++) {
            if (second.next(changes.get(i)) != null) {
                readOn.add(sent.get(i));
            }
        }
        assertThat(readOn).isEqualTo(all.subList(read, all.size()));
    }

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
