package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nl.rentguy.crm.kpi.definition.Definition;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.definition.SumKpi;
import nl.rentguy.crm.kpi.engine.Aggregate;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the sums of one KPI key and publishes its rows: at most once per tick, with exactly the deltas up to that tick. Saved sums of
 * tables that were derived by another definition are let go: the entities send all there is of these again.
 */
public final class KpiAggregator extends SavedKeysOperator.Function<AggregateKey, Delta, TableRow>
        implements CheckpointedFunction {

    private static final long serialVersionUID = 1;

    private final KpiSettings settings;
    private final EmitPolicy emitPolicy;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Kpis kpis;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient ValueState<Packed<Aggregate>> aggregates;

    public KpiAggregator(KpiSettings settings, EmitPolicy emitPolicy) {
        this.settings = settings;
        this.emitPolicy = emitPolicy;
    }

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Definition> definitionState;

    /** The tables whose saved sums go on. */
    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient Set<String> kept;

    private transient boolean allKept;

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        kpis = new Kpis(settings);
        definitionState = context.getOperatorStateStore().getUnionListState(StateDescriptors.DEFINITION);
        kept = kpis.definition().goingOnFrom(definitionState.get());
        allKept = true;
        for (Definition saved : definitionState.get()) {
            allKept &= kept.containsAll(saved.kpis().keySet());
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        definitionState.update(List.of(kpis.definition()));
    }

    @Override
    public void open(OpenContext context) {
        aggregates = getRuntimeContext().getState(StateDescriptors.AGGREGATE);
    }

    @Override
    List<StateDescriptor<?, ?>> savedKeysOf() {
        return allKept ? List.of() : List.of(StateDescriptors.AGGREGATE);
    }

    @Override
    void savedKey(AggregateKey key, TimerService timers) {
        if (!kept.contains(key.kpi())) {
            aggregates.clear();
        }
    }

    @Override
    public void processElement(Delta delta, Context context, Collector<TableRow> out) throws Exception {
        TimerService timers = context.timerService();
        long tick = KpiTime.roundUp(Math.max(delta.at(), timers.currentWatermark() + 1), emitPolicy.tickMillis());
        Aggregate known = known();
        Aggregate aggregate = known == null ? Aggregate.NONE : known;
        if (!aggregate.pending().containsKey(tick)) {
            timers.registerEventTimeTimer(tick);
        }
        keep(aggregate.plus(delta.key().bucket(), delta.measures(), tick));
    }

    private @Nullable Aggregate known() throws IOException {
        Packed<Aggregate> kept = aggregates.value();
        return kept == null ? null : kept.value(AggregateSerializer.INSTANCE);
    }

    private void keep(Aggregate aggregate) throws IOException {
        aggregates.update(AggregateSerializer.INSTANCE.pack(aggregate));
    }

    /** Each tick is published by itself: tasks hear of different watermarks, and the writer takes all rows of the same ticks. */
    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<TableRow> out) throws Exception {
        Aggregate before = known();
        if (before == null) {
            // It was let go, and its table may be no longer kept.
            return;
        }
        Aggregate aggregate = before.reached(timestamp);
        publish(before, aggregate, timestamp, context, out);
        if (aggregate.isEmpty()) {
            aggregates.clear();
        } else {
            keep(aggregate);
        }
    }

    private void publish(
            Aggregate before, Aggregate aggregate, long at, OnTimerContext context, Collector<TableRow> out) {
        AggregateKey key = context.getCurrentKey();
        SumKpi kpi = kpis.sums(key.kpi());
        Instant asOf = Instant.ofEpochMilli(at);
        List<KpiRow> rows = kpi.rows(key.key(), aggregate.sums(), asOf);
        for (KpiRow row : rows) {
            out.collect(new TableRow(key.kpi(), row.key(), row.values(), at));
        }
        if (!aggregate.sums().keySet().equals(before.sums().keySet())) {
            Map<List<Object>, KpiRow> gone = new LinkedHashMap<>();
            kpi.rows(key.key(), before.sums(), asOf).forEach(row -> gone.put(row.key(), row));
            rows.forEach(row -> gone.remove(row.key()));
            gone.values().forEach(row -> {
                if (!kpi.table().isFrozen(row.keyText(), asOf, settings)) {
                    out.collect(new TableRow(key.kpi(), row.key(), null, at));
                }
            });
        }
        if (kpi.ages(aggregate.sums())) {
            context.timerService().registerEventTimeTimer(emitPolicy.refreshAfter(at));
        }
    }
}
