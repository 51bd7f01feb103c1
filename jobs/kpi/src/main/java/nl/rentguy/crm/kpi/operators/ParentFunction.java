package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Sends each row to the entity that it is part of, such as a stage to its pipeline, and tells the entity when it left. The log
 * names the parent in new versions only: the parent before, and that of a deleted row, is remembered here.
 */
public final class ParentFunction extends KeyedProcessFunction<Long, RowChange, EntityChange> {

    private static final long serialVersionUID = 1;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient ValueState<Long> parent;

    @Override
    public void open(OpenContext context) {
        parent = getRuntimeContext().getState(StateDescriptors.PARENT);
    }

    @Override
    public void processElement(RowChange change, Context context, Collector<EntityChange> out) throws Exception {
        Long before = parent.value();
        Long after = change.parentId();
        if (before != null && !before.equals(after)) {
            out.collect(
                    new EntityChange(before, RowChange.deletion(change.table(), change.id(), change.committedAt())));
        }
        if (after == null) {
            parent.clear();
        } else {
            parent.update(after);
            out.collect(new EntityChange(after, change));
        }
    }
}
