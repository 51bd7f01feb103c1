package nl.rentguy.crm.kpi.operators;

import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.kpi.Definition;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** Every state of the job. The names are part of the savepoint format: a new name is an empty state. */
final class StateDescriptors {

    /** By KPI key: the sums of each line. A line is gone when its sums are zero. */
    static final MapStateDescriptor<List<String>, Amounts> LINES =
            new MapStateDescriptor<>("lines", StreamTypes.TEXTS, StreamTypes.AMOUNTS);

    /** By KPI key: what is to be added once KPI time reaches the instant. Gone when it has been added. */
    static final MapStateDescriptor<Long, Map<List<String>, Amounts>> PENDING =
            new MapStateDescriptor<>("pending", Types.LONG, StreamTypes.LINES);

    /** By KPI key: the primary keys, as text, of the rows that stand in the table. Gone when none does. */
    static final MapStateDescriptor<List<String>, Boolean> PUBLISHED =
            new MapStateDescriptor<>("published", StreamTypes.TEXTS, Types.BOOLEAN);

    /** By task: KPI time, see {@link CommitClockOperator}. */
    static final ListStateDescriptor<CommitClockOperator.State> COMMIT_CLOCK =
            new ListStateDescriptor<>("commit-clock", StreamTypes.COMMIT_CLOCK);

    /** By task: whether there has been KPI time. */
    static final ListStateDescriptor<Boolean> LIVE = new ListStateDescriptor<>("live", Types.BOOLEAN);

    /** By task: that what an earlier job knew of deals has been read. */
    static final ListStateDescriptor<Boolean> REMEMBERED = new ListStateDescriptor<>("remembered", Types.BOOLEAN);

    /** By task: by what its state was made. */
    static final ListStateDescriptor<Definition> DEFINITION =
            new ListStateDescriptor<>("definition", StreamTypes.DEFINITION);

    /** By task: rows that are not known to be written, see {@link WriteOperator}. */
    static final ListStateDescriptor<TableRow> PENDING_ROWS =
            new ListStateDescriptor<>("pending-rows", StreamTypes.TABLE_ROW);

    /** By task: whose rows are in the tables, see {@link WriteOperator}. */
    static final ListStateDescriptor<WriteOperator.WriterState> WRITERS =
            new ListStateDescriptor<>("writers", StreamTypes.WRITER_STATE);

    /** In one task: what was read of the CRM since the job first started, see {@link StatusOperator}. */
    static final ListStateDescriptor<SourceProgress> SOURCE_PROGRESS =
            new ListStateDescriptor<>("source-progress", StreamTypes.SOURCE_PROGRESS);

    private StateDescriptors() {}

    /** By entity: the entity. Gone when the entity is. */
    static <S> ValueStateDescriptor<EntityState<S>> entity(TypeInformation<S> type) {
        return new ValueStateDescriptor<>("entity", StreamTypes.entityState(type));
    }
}
