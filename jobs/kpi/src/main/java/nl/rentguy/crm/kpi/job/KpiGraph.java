package nl.rentguy.crm.kpi.job;

import java.util.Objects;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.cdc.CrmSource;
import nl.rentguy.crm.kpi.cdc.LogPosition;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RawChangeType;
import nl.rentguy.crm.kpi.cdc.RowCounts;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.operators.CommitClockFactory;
import nl.rentguy.crm.kpi.operators.DecodeOperator;
import nl.rentguy.crm.kpi.operators.EmitPolicy;
import nl.rentguy.crm.kpi.operators.EntityChange;
import nl.rentguy.crm.kpi.operators.EntityFunction;
import nl.rentguy.crm.kpi.operators.KpiAggregator;
import nl.rentguy.crm.kpi.operators.PreAggregateOperator;
import nl.rentguy.crm.kpi.operators.SavedKeysOperator;
import nl.rentguy.crm.kpi.operators.SourceProgress;
import nl.rentguy.crm.kpi.operators.StageHistoryOperator;
import nl.rentguy.crm.kpi.operators.StatusOperator;
import nl.rentguy.crm.kpi.operators.StreamTypes;
import nl.rentguy.crm.kpi.operators.WriteOperatorFactory;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriters;
import nl.rentguy.crm.kpi.store.Sinks;
import nl.rentguy.crm.kpi.store.StageHistoryReader;
import nl.rentguy.crm.kpi.store.TableRow;
import nl.rentguy.crm.kpi.store.WrittenUntil;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * The whole job.
 *
 * <pre>{@code
 * heartbeat ---> CRM database
 *
 * crm-source --> commit-clock --> decode --+==> activities -----------------------+--> pre-aggregate ==> aggregate --+
 *                                   |      |        v                             |                                  | by tenant
 *              dead-letter-sink <---+      +==> deals, stages --------------------+--> rows -------------------------+
 *                                   |      |        v                             |                                  v
 *                                   |      +==> leads, pipelines, runs, metrics --+                                write ---> KPI database
 *                                   |                                                                                |
 *                                   +--> status <--------------------------------------------------------------------+
 *                                          |
 * ==> by key                               +--> status-sink
 * }</pre>
 *
 * <p>Each row of the CRM is an entity, or the root of one, which tells the one that it is a part of what that needs to know: an activity
 * its deal, a deal its lead, a stage its pipeline. Before the deals there goes what an earlier job knew of them, see
 * {@link StageHistoryOperator}.
 */
public final class KpiGraph {

    private final Configuration config;
    private final KpiSettings settings;
    private final EmitPolicy emitPolicy;

    private KpiGraph(Configuration config) {
        this.config = config;
        this.settings = Definitions.kpiSettings(config);
        this.emitPolicy = EmitPolicy.of(JobOptions.emitInterval(config), JobOptions.refreshInterval(config));
    }

    /**
     * Adds the job to the environment.
     *
     * @throws nl.rentguy.crm.kpi.config.ConfigException when an option is missing or wrong
     */
    public static void build(StreamExecutionEnvironment env, Configuration config) {
        KpiGraph graph = new KpiGraph(config);
        graph.heartbeat(env);
        graph.derive(env.fromSource(CrmSource.of(config), WatermarkStrategy.noWatermarks(), Uids.CRM_SOURCE)
                .uid(Uids.CRM_SOURCE));
    }

    /** Adds all of the job but its source and its heartbeat. */
    static void derive(DataStream<RawChange> crm, Configuration config) {
        new KpiGraph(config).derive(crm);
    }

    private void derive(DataStream<RawChange> crm) {
        SingleOutputStreamOperator<EntityChange> changes = decode(clocked(crm));
        DataStream<Long> kpiTime = publish(entities(changes));
        status(changes.getSideOutput(DecodeOperator.PROGRESS), kpiTime);
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

    private DataStream<RawChange> clocked(DataStream<RawChange> crm) {
        return crm.transform(
                        Uids.COMMIT_CLOCK,
                        RawChangeType.INSTANCE,
                        new CommitClockFactory(
                                new LogPosition(Database.crm(config)),
                                new WrittenUntil(Database.kpi(config), config.get(JobOptions.KPI_PIPELINE_NAME))))
                .uid(Uids.COMMIT_CLOCK);
    }

    private SingleOutputStreamOperator<EntityChange> decode(DataStream<RawChange> raw) {
        SingleOutputStreamOperator<EntityChange> changes = raw.transform(
                        Uids.DECODE,
                        StreamTypes.ENTITY_CHANGE,
                        new DecodeOperator(CaptureSpec.of(config), settings.words()))
                .uid(Uids.DECODE);
        changes.getSideOutput(DecodeOperator.DEAD_LETTERS)
                .sinkTo(Sinks.deadLetters(config))
                .name(Uids.DEAD_LETTER_SINK)
                .uid(Uids.DEAD_LETTER_SINK);
        return changes;
    }

    /** All entities: parts first, and behind them what they are parts of. */
    private Entities entities(DataStream<EntityChange> changes) {
        Entities all = new Entities();
        DataStream<EntityChange> parts = null;
        for (int depth = EntityKind.deepest(); depth >= 0; depth--) {
            DataStream<EntityChange> own = ofOwnRows(depth, changes);
            parts = all.of(depth, parts == null ? own : own.union(parts));
        }
        return all;
    }

    /** Those with so many kinds above them. */
    private DataStream<EntityChange> ofOwnRows(int depth, DataStream<EntityChange> changes) {
        DataStream<EntityChange> own = changes.filter(change -> change.depth() == depth)
                .name(Uids.ownRows(depth))
                .uid(Uids.ownRows(depth));
        return depth != EntityKind.DEAL.depth()
                ? own
                : own.transform(
                                Uids.STAGE_HISTORY,
                                StreamTypes.ENTITY_CHANGE,
                                new StageHistoryOperator(new StageHistoryReader(Database.kpi(config))))
                        .uid(Uids.STAGE_HISTORY);
    }

    /** What all entities have to say. */
    private final class Entities {

        private @Nullable DataStream<Delta> deltas;
        private @Nullable DataStream<TableRow> rows;

        /** Adds those with so many kinds above them, and tells what the ones above need of them. */
        DataStream<EntityChange> of(int depth, DataStream<EntityChange> changes) {
            String uid = Uids.entities(depth);
            SingleOutputStreamOperator<Delta> entities = changes.keyBy(EntityChange::entity, StreamTypes.ENTITY_ID)
                    .transform(
                            uid,
                            StreamTypes.DELTA,
                            new SavedKeysOperator<>(new EntityFunction(settings, emitPolicy.tickMillis())))
                    .uid(uid);
            DataStream<Delta> combined = entities.transform(
                            Uids.PRE_AGGREGATE, StreamTypes.DELTA, new PreAggregateOperator(emitPolicy.tickMillis()))
                    .uid(uid + "-" + Uids.PRE_AGGREGATE);
            deltas = deltas == null ? combined : deltas.union(combined);
            DataStream<TableRow> ofRows = entities.getSideOutput(EntityFunction.ROWS);
            rows = rows == null ? ofRows : rows.union(ofRows);
            return entities.getSideOutput(EntityFunction.PARTS);
        }

        DataStream<Delta> deltas() {
            return Objects.requireNonNull(deltas, "there is no entity");
        }

        DataStream<TableRow> rows() {
            return Objects.requireNonNull(rows, "there is no entity");
        }
    }

    private DataStream<Long> publish(Entities entities) {
        DataStream<TableRow> sums = entities.deltas()
                .keyBy(delta -> delta.key().aggregate(), StreamTypes.AGGREGATE_KEY)
                .transform(
                        Uids.AGGREGATE,
                        StreamTypes.TABLE_ROW,
                        new SavedKeysOperator<>(new KpiAggregator(settings, emitPolicy)))
                .uid(Uids.AGGREGATE);
        int writers = Math.min(JobOptions.writers(config), sums.getParallelism());
        return sums.union(entities.rows())
                .partitionCustom((tenant, shares) -> KpiWriter.shareOf(tenant, shares), TableRow::tenant)
                .transform(
                        Uids.WRITE,
                        Types.LONG,
                        new WriteOperatorFactory(
                                new KpiWriters(
                                        Database.kpi(config), settings, config.get(JobOptions.KPI_PIPELINE_NAME)),
                                emitPolicy.tickMillis()))
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
