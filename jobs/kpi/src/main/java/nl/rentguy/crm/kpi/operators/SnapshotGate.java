package nl.rentguy.crm.kpi.operators;

import java.time.Instant;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds KPI time back until the log has caught up with the snapshot.
 *
 * <p>Chunks of the snapshot are read one after the other while the CRM lives, and the log is then read from the oldest of
 * them on: until it has passed the newest, some rows are ahead of others. All chunks have been read when the first streamed
 * change arrives, so from the first commit after that moment on everything is of one time. The clocks of the CRM's server and
 * of the task manager are compared there: they should agree to a fraction of a second.
 *
 * <p>After a restore the gate is as it was: KPI time follows the log at once.
 */
public final class SnapshotGate extends AbstractStreamOperator<RowChange>
        implements OneInputStreamOperator<RowChange, RowChange> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotGate.class);
    private static final long NO_STREAM_YET = Long.MAX_VALUE;
    private static final long OPEN = Long.MIN_VALUE;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Long> saved;

    /** The commit time that KPI time has to reach, milliseconds. */
    private transient long opensAt;

    public SnapshotGate() {
        setChainingStrategy(ChainingStrategy.ALWAYS);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        // Each task learns of all others': the log may be read by another task after a restore.
        saved = context.getOperatorStateStore().getUnionListState(StateDescriptors.OPENS_AT);
        opensAt = NO_STREAM_YET;
        for (long restored : saved.get()) {
            opensAt = Math.min(opensAt, restored);
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        saved.clear();
        saved.add(opensAt);
    }

    @Override
    public void processElement(StreamRecord<RowChange> element) {
        if (element.getValue().committedAt() != RowChange.IN_SNAPSHOT) {
            noteFirstStreamed();
        }
        output.collect(element);
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.equals(Watermark.MAX_WATERMARK)) {
            // The job is being drained. The CRM's time has not come to its end, and no window is to close for that.
            return;
        }
        // When the first streamed row was a heartbeat, which no KPI reads, only the watermark tells of it.
        noteFirstStreamed();
        if (mark.getTimestamp() >= opensAt) {
            opensAt = OPEN;
            super.processWatermark(mark);
        }
    }

    private void noteFirstStreamed() {
        if (opensAt == NO_STREAM_YET) {
            opensAt = getProcessingTimeService().getCurrentProcessingTime();
            LOG.info("The snapshot is read; KPI time begins when the log has passed {}", Instant.ofEpochMilli(opensAt));
        }
    }
}
