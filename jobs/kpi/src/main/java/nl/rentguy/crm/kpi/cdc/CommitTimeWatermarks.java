package nl.rentguy.crm.kpi.cdc;

import java.util.function.LongSupplier;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;

/**
 * KPI time from commit time: it has passed an instant once a later commit was read. Rows of one transaction share their
 * commit time, so KPI time stands just before it until the next commit, at the latest the next heartbeat.
 *
 * <p>Before the first streamed change there is no KPI time: the source counts as idle. From then on it never does, so that
 * time stands still with the CRM.
 */
final class CommitTimeWatermarks implements WatermarkGenerator<RawChange> {

    /** Further behind, KPI time goes on in larger steps, so that a key that changes often is not published for each small one. */
    private static final long BEHIND_MILLIS = 5_000;

    private static final long STEP_MILLIS = 500;

    private final LongSupplier clock;
    private long latest = RowChange.IN_SNAPSHOT;
    private long emittedAt;

    /** @param clock milliseconds since the epoch, by this machine */
    CommitTimeWatermarks(LongSupplier clock) {
        this.clock = clock;
    }

    static WatermarkStrategy<RawChange> strategy() {
        return WatermarkStrategy.<RawChange>forGenerator(context -> new CommitTimeWatermarks(System::currentTimeMillis))
                .withTimestampAssigner((change, none) -> change.committedAt());
    }

    @Override
    public void onEvent(RawChange change, long committedAt, WatermarkOutput output) {
        latest = Math.max(latest, committedAt);
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        if (latest == RowChange.IN_SNAPSHOT) {
            output.markIdle();
            return;
        }
        long now = clock.getAsLong();
        if (now - latest <= BEHIND_MILLIS || now - emittedAt >= STEP_MILLIS) {
            emittedAt = now;
            output.emitWatermark(new Watermark(latest - 1));
        }
    }
}
