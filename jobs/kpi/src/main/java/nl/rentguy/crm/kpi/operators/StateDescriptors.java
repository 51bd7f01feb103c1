package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.definition.Definition;
import nl.rentguy.crm.kpi.engine.Aggregate;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;

/** Every state of the job. The names are part of the savepoint format: a new name is an empty state. */
final class StateDescriptors {

    /** By KPI key: what is kept of it. Gone when there is nothing. */
    static final ValueStateDescriptor<Packed<Aggregate>> AGGREGATE =
            new ValueStateDescriptor<>("aggregate", StreamTypes.AGGREGATE);

    /** By task: KPI time, see {@link CommitClockOperator}. */
    static final ListStateDescriptor<CommitClockOperator.State> COMMIT_CLOCK =
            new ListStateDescriptor<>("commit-clock", StreamTypes.COMMIT_CLOCK);

    /** By task: the first tick there was. */
    static final ListStateDescriptor<Long> BEGIN = new ListStateDescriptor<>("begin", Types.LONG);

    /** By task: that what an earlier job knew of deals has been read. */
    static final ListStateDescriptor<Boolean> STAGE_HISTORY_READ =
            new ListStateDescriptor<>("stage-history-read", Types.BOOLEAN);

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

    /** By entity: the entity. Gone when the entity is. */
    static final ValueStateDescriptor<Packed<EntityState>> ENTITY =
            new ValueStateDescriptor<>("entity", StreamTypes.ENTITY_STATE);

    private StateDescriptors() {}
}
