package nl.rentguy.crm.kpi.cdc;

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

    private long latest = RowChange.IN_SNAPSHOT;

    static WatermarkStrategy<RawChange> strategy() {
        return WatermarkStrategy.<RawChange>forGenerator(context -> new CommitTimeWatermarks())
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
        } else {
            output.emitWatermark(new Watermark(latest - 1));
        }
    }
}
