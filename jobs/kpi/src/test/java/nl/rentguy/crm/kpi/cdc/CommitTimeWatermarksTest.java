package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.junit.jupiter.api.Test;

/** KPI time stands just before the newest commit, and goes on in larger steps far behind. */
class CommitTimeWatermarksTest {

    private final AtomicLong clock = new AtomicLong(100_000);
    private final CommitTimeWatermarks watermarks = new CommitTimeWatermarks(clock::get);
    private final List<Object> told = new ArrayList<>();

    private final WatermarkOutput output = new WatermarkOutput() {
        @Override
        public void emitWatermark(Watermark watermark) {
            told.add(watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            told.add("idle");
        }

        @Override
        public void markActive() {
            told.add("active");
        }
    };

    private void commit(long millis) {
        RawChange change = new RawChange("crm_deals", RawChange.Operation.INSERT, 1, millis * 1_000, Map.of());
        watermarks.onEvent(change, change.committedAt(), output);
    }

    private void periodically(long now) {
        clock.set(now);
        watermarks.onPeriodicEmit(output);
    }

    @Test
    void thereIsNoneBeforeTheFirstCommitAndThenItStandsWithTheCrm() {
        periodically(100_000);
        commit(100_010);
        periodically(100_020);
        periodically(100_040);
        assertThat(told).containsExactly("idle", 100_009L, 100_009L);
    }

    @Test
    void farBehindItGoesOnTwiceASecond() {
        commit(10_000);
        periodically(100_000);
        commit(11_000);
        periodically(100_020);
        commit(20_000);
        periodically(100_500);
        commit(99_000);
        periodically(100_520);
        assertThat(told).containsExactly(9_999L, 19_999L, 98_999L);
    }
}
