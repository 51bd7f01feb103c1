package nl.rentguy.crm.kpi.job;

import nl.rentguy.crm.kpi.cdc.CapturedTables;
import nl.rentguy.crm.kpi.cdc.CrmSource;
import nl.rentguy.crm.kpi.cdc.LogPosition;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RawChangeType;
import nl.rentguy.crm.kpi.cdc.RowCounts;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.operators.AccumulateFunction;
import nl.rentguy.crm.kpi.operators.Cadence;
import nl.rentguy.crm.kpi.operators.CombineOperator;
import nl.rentguy.crm.kpi.operators.CommitClockFactory;
import nl.rentguy.crm.kpi.operators.DecodeOperator;
import nl.rentguy.crm.kpi.operators.EntityChange;
import nl.rentguy.crm.kpi.operators.EntityFunction;
import nl.rentguy.crm.kpi.operators.EntityFunction.ModelOf;
import nl.rentguy.crm.kpi.operators.ParentFunction;
import nl.rentguy.crm.kpi.operators.RememberOperator;
import nl.rentguy.crm.kpi.operators.SourceProgress;
import nl.rentguy.crm.kpi.operators.StatusOperator;
import nl.rentguy.crm.kpi.operators.StreamTypes;
import nl.rentguy.crm.kpi.operators.WriteOperatorFactory;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriters;
import nl.rentguy.crm.kpi.store.RememberedDeals;
import nl.rentguy.crm.kpi.store.Sinks;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The whole job.
 *
 * <pre>{@code
 * heartbeat ---> CRM database
 *
 * crm-source --> commit-clock --> decode --+==> deals (own rows, activities, runs) --> combine ==+
 *                                   |      +==> leads (own rows, deals) --> combine =============+
 *              dead-letter-sink <---+      +==> runs --> combine ================================+==> accumulate
 *                                   |      +==> pipelines (own rows, stages) --> combine ========+       |
 *                                   |      +==> metrics --> combine =============================+       | by tenant
 *                                   v                                                                    v
 *                                status <------------------------------------------------------------- write ---> KPI database
 *                                   |
 * ==> by key                        +--> status-sink
 * }</pre>
 *
 * <p>Rows that are part of another row's entity go there by a {@link ParentFunction}. Before the deals there goes what an earlier
 * job knew of them, see {@link RememberOperator}.
 */
public final class KpiGraph {

    private final Configuration config;
    private final KpiSettings settings;
    private final Cadence cadence;

    private KpiGraph(Configuration config) {
        this.config = config;
        this.settings = Definitions.kpiSettings(config);
        this.cadence = Cadence.of(JobOptions.emitInterval(config), JobOptions.refreshInterval(config));
    }

    /**
     * Adds the job to the environment.
     *
     * @throws nl.rentguy.crm.kpi.config.ConfigException when an option is missing or wrong
     */
    public static void build(StreamExecutionEnvironment env, Configuration config) {
        KpiGraph graph = new KpiGraph(config);
        graph.heartbeat(env);
        SingleOutputStreamOperator<RowChange> changes = graph.decode(graph.crm(env));
        DataStream<Long> kpiTime = graph.publish(graph.deltas(changes));
        graph.status(changes.getSideOutput(DecodeOperator.PROGRESS), kpiTime);
    }

    private void heartbeat(StreamExecutionEnvironment env) {
        double perSecond = 1_000.0
                / JobOptions.atLeastAMillisecond(JobOptions.CDC_HEARTBEAT_INTERVAL, config)
                        .toMillis();
        Source<Long, ?, ?> beats = new DataGeneratorSource<>(
                beat -> beat, Long.MAX_VALUE, RateLimiterStrategy.perSecond(perSecond), Types.LONG);
        env.fromSource(beats, WatermarkStrategy.noWatermarks(), Uids.HEARTBEAT_SOURCE)
                .uid(Uids.HEARTBEAT_SOURCE)
                .setParallelism(1)
                .sinkTo(Sinks.heartbeat(config))
                .name(Uids.HEARTBEAT_SINK)
                .uid(Uids.HEARTBEAT_SINK)
                .setParallelism(1);
    }

    private DataStream<RawChange> crm(StreamExecutionEnvironment env) {
        return env.fromSource(CrmSource.of(config), WatermarkStrategy.noWatermarks(), Uids.CRM_SOURCE)
                .uid(Uids.CRM_SOURCE)
                .transform(
                        Uids.COMMIT_CLOCK,
                        RawChangeType.INSTANCE,
                        new CommitClockFactory(new LogPosition(Database.crm(config))))
                .uid(Uids.COMMIT_CLOCK);
    }

    private SingleOutputStreamOperator<RowChange> decode(DataStream<RawChange> raw) {
        SingleOutputStreamOperator<RowChange> changes = raw.transform(
                        Uids.DECODE,
                        StreamTypes.ROW_CHANGE,
                        new DecodeOperator(CapturedTables.of(config), settings.words()))
                .uid(Uids.DECODE);
        changes.getSideOutput(DecodeOperator.DEAD_LETTERS)
                .sinkTo(Sinks.deadLetters(config))
                .name(Uids.DEAD_LETTER_SINK)
                .uid(Uids.DEAD_LETTER_SINK);
        return changes;
    }

    private DataStream<Delta> deltas(DataStream<RowChange> changes) {
        DataStream<RowChange> deals = of(CrmTable.DEALS, changes);
        DataStream<RowChange> runs = of(CrmTable.AUTOMATION_RUNS, changes);
        DataStream<EntityChange> dealFiles = deals.transform(
                        Uids.ownRows(CrmTable.DEALS),
                        StreamTypes.ENTITY_CHANGE,
                        new RememberOperator(new RememberedDeals(Database.kpi(config))))
                .uid(Uids.ownRows(CrmTable.DEALS))
                .union(
                        partsOf(Uids.ACTIVITY_TO_DEAL, of(CrmTable.ACTIVITIES, changes)),
                        partsOf(Uids.RUN_TO_DEAL, runs));
        DataStream<EntityChange> leadFiles =
                ownRows(CrmTable.LEADS, of(CrmTable.LEADS, changes)).union(partsOf(Uids.DEAL_TO_LEAD, deals));
        DataStream<EntityChange> boards = ownRows(CrmTable.PIPELINES, of(CrmTable.PIPELINES, changes))
                .union(partsOf(Uids.STAGE_TO_PIPELINE, of(CrmTable.PIPELINE_STAGES, changes)));
        DataStream<EntityChange> metrics =
                ownRows(CrmTable.ACQUISITION_METRICS, of(CrmTable.ACQUISITION_METRICS, changes));
        return entities(Uids.DEALS, dealFiles, Kpis::deals, StreamTypes.DEAL_FILE)
                .union(
                        entities(Uids.LEADS, leadFiles, Kpis::leads, StreamTypes.LEAD_FILE),
                        entities(Uids.RUNS, ownRows(CrmTable.AUTOMATION_RUNS, runs), Kpis::runs, StreamTypes.RUN),
                        entities(Uids.PIPELINES, boards, Kpis::boards, StreamTypes.PIPELINE_BOARD),
                        entities(Uids.METRICS, metrics, Kpis::metrics, StreamTypes.METRIC));
    }

    private static DataStream<EntityChange> partsOf(String uid, DataStream<RowChange> changes) {
        return changes.keyBy(RowChange::id, Types.LONG)
                .process(new ParentFunction(), StreamTypes.ENTITY_CHANGE)
                .name(uid)
                .uid(uid);
    }

    private <S> DataStream<Delta> entities(
            String uid, DataStream<EntityChange> changes, ModelOf<S> modelOf, TypeInformation<S> type) {
        return changes.keyBy(EntityChange::entityId, Types.LONG)
                .process(new EntityFunction<>(settings, modelOf, type, cadence.tickMillis()), StreamTypes.DELTA)
                .name(uid)
                .uid(uid)
                .transform(Uids.COMBINE, StreamTypes.DELTA, new CombineOperator(cadence.tickMillis()))
                .uid(uid + "-" + Uids.COMBINE);
    }

    private static DataStream<EntityChange> ownRows(CrmTable table, DataStream<RowChange> changes) {
        return changes.map(EntityChange::ofOwnRow, StreamTypes.ENTITY_CHANGE)
                .name(Uids.ownRows(table))
                .uid(Uids.ownRows(table));
    }

    private static DataStream<RowChange> of(CrmTable table, DataStream<RowChange> changes) {
        return changes.filter(change -> change.table() == table)
                .name(Uids.rows(table))
                .uid(Uids.rows(table));
    }

    private DataStream<Long> publish(DataStream<Delta> deltas) {
        DataStream<TableRow> rows = deltas.keyBy(delta -> delta.cell().group(), StreamTypes.GROUP)
                .process(new AccumulateFunction(settings, cadence), StreamTypes.TABLE_ROW)
                .name(Uids.ACCUMULATE)
                .uid(Uids.ACCUMULATE);
        int writers = Math.min(JobOptions.writers(config), rows.getParallelism());
        return rows.partitionCustom((tenant, shares) -> KpiWriter.shareOf(tenant, shares), TableRow::tenant)
                .transform(
                        Uids.WRITE,
                        Types.LONG,
                        new WriteOperatorFactory(
                                new KpiWriters(
                                        Database.kpi(config), settings, config.get(JobOptions.KPI_PIPELINE_NAME)),
                                cadence.tickMillis()))
                .uid(Uids.WRITE)
                .setParallelism(writers);
    }

    /** As far behind a job may be that follows the CRM: a few heartbeats. */
    private long liveMillis() {
        return Math.max(5_000, 3 * config.get(JobOptions.CDC_HEARTBEAT_INTERVAL).toMillis());
    }

    private void status(DataStream<SourceProgress> read, DataStream<Long> kpiTime) {
        read.connect(kpiTime)
                .transform(
                        Uids.STATUS,
                        StreamTypes.KPI_STATUS,
                        new StatusOperator(new RowCounts(Database.crm(config)), liveMillis()))
                .uid(Uids.STATUS)
                .setParallelism(1)
                .sinkTo(Sinks.status(settings, config))
                .name(Uids.STATUS_SINK)
                .uid(Uids.STATUS_SINK)
                .setParallelism(1);
    }
}
