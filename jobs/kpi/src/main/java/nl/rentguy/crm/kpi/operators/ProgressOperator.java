package nl.rentguy.crm.kpi.operators;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.Sweep;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows KPI time behind all keys, in one place: reports it about once a second, and, when the job started without state,
 * sweeps what earlier runs left once everything that exists has been written.
 *
 * <p>Everything is written for certain when a checkpoint completes whose barrier came behind the first publications, as
 * sinks flush before they confirm it.
 */
public final class ProgressOperator extends AbstractStreamOperator<Long> implements OneInputStreamOperator<Long, Long> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(ProgressOperator.class);
    private static final long REPORT_MILLIS = 1_000;
    private static final long SWEPT = Long.MAX_VALUE;

    private final Cadence cadence;
    private final Sweep sweep;

    /** The first KPI time; {@link KpiTime#NONE} before it, {@link #SWEPT} when nothing is left to be swept. */
    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Long> firstState;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Long> earliestState;

    private transient long first;

    /** The earliest tick that any task is known to have published; {@link Long#MAX_VALUE} before. */
    private transient long earliest;

    private transient boolean restored;
    private transient long resumesAt;
    private transient long allPublishedAt;
    private transient long sweepAfterCheckpoint;
    private transient long watermark;
    private transient long reportedSecond;

    public ProgressOperator(Cadence cadence, Sweep sweep) {
        this.cadence = cadence;
        this.sweep = sweep;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        firstState = context.getOperatorStateStore().getListState(StateDescriptors.FIRST);
        earliestState = context.getOperatorStateStore().getListState(StateDescriptors.EARLIEST);
        restored = context.isRestored();
        // Until then nothing is published; AccumulateFunction, which is before this operator, has an earlier moment.
        resumesAt = KpiTime.NONE;
        first = KpiTime.NONE;
        for (long restored : firstState.get()) {
            first = restored;
        }
        earliest = Long.MAX_VALUE;
        for (long restored : earliestState.get()) {
            earliest = restored;
        }
        watermark = KpiTime.NONE;
        allPublishedAt = Long.MAX_VALUE;
        sweepAfterCheckpoint = Long.MAX_VALUE;
        reportedSecond = KpiTime.NONE;
    }

    @Override
    public void processElement(StreamRecord<Long> element) {
        // Tasks begin on their own: one may have published before the watermark of all of them is heard of here.
        if (first != SWEPT) {
            earliest = Math.min(earliest, element.getValue());
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermark = mark.getTimestamp();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        if (restored && resumesAt == KpiTime.NONE) {
            resumesAt = now;
        }
        if (first == KpiTime.NONE) {
            first = Math.min(earliest, KpiTime.roundUp(watermark + 1, cadence.tickMillis()));
            LOG.info("KPI time begins at {}", Instant.ofEpochMilli(first));
        }
        if (first != SWEPT && allPublishedAt == Long.MAX_VALUE) {
            allPublishedAt = cadence.publishAt(Math.max(first, resumesAt), now);
        }
        long kpiTime = cadence.publishedUntil(watermark, now);
        long second = Math.floorDiv(kpiTime, REPORT_MILLIS);
        if (second > reportedSecond && kpiTime >= resumesAt && (first == SWEPT || kpiTime >= first)) {
            reportedSecond = second;
            output.collect(new StreamRecord<>(kpiTime));
        }
        super.processWatermark(mark);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        firstState.update(List.of(first));
        earliestState.update(List.of(earliest));
        if (first != SWEPT && watermark >= allPublishedAt && sweepAfterCheckpoint == Long.MAX_VALUE) {
            sweepAfterCheckpoint = context.getCheckpointId();
        }
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        if (first == SWEPT || checkpointId < sweepAfterCheckpoint) {
            return;
        }
        try {
            long deleted = sweep.rowsBefore(Instant.ofEpochMilli(first));
            if (deleted > 0) {
                LOG.info("Swept {} rows that an earlier run had left", deleted);
            }
            first = SWEPT;
        } catch (SQLException e) {
            LOG.warn("Could not sweep what an earlier run left; trying again after the next checkpoint", e);
        }
    }
}
