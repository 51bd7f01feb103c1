package nl.rentguy.crm.kpi.operators;

import java.sql.SQLException;
import java.util.List;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.store.StageHistoryReader;
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
 * Sends changes on, and before anything else what an earlier job knew of deals: so there is no KPI time before it
 * has been read. A job that continues from saved state has read it, as none is saved before.
 */
public final class StageHistoryOperator extends AbstractStreamOperator<EntityChange>
        implements OneInputStreamOperator<EntityChange, EntityChange> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(StageHistoryOperator.class);

    private final StageHistoryReader remembered;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Boolean> saved;

    private transient boolean read;

    public StageHistoryOperator(StageHistoryReader remembered) {
        this.remembered = remembered;
        setChainingStrategy(ChainingStrategy.ALWAYS);
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        saved = context.getOperatorStateStore().getUnionListState(StateDescriptors.STAGE_HISTORY_READ);
        read = saved.get().iterator().hasNext();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        // Before each barrier it has been read.
        saved.update(List.of(true));
    }

    @Override
    public void processElement(StreamRecord<EntityChange> element) throws Exception {
        remember();
        output.collect(element);
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        remember();
        super.processWatermark(mark);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        remember();
    }

    private void remember() throws SQLException {
        if (read) {
            return;
        }
        read = true;
        long deals = remembered.read(
                getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
                getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks(),
                past -> output.collect(new StreamRecord<>(EntityChange.ofOwnRow(RowChange.ofPast(past)))));
        if (deals > 0) {
            LOG.info("The stage history of {} deals is remembered from an earlier job", deals);
        }
    }
}
