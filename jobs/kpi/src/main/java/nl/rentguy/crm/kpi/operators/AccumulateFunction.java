package nl.rentguy.crm.kpi.operators;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.kpi.Definition;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.kpi.SumKpi;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.util.Collector;

/**
 * Keeps the sums of one KPI key and publishes its rows: at most once per tick, with exactly the deltas up to that tick. Saved sums of
 * tables that were derived by another definition are let go: the entities send all there is of these again.
 */
public final class AccumulateFunction extends SavedKeysOperator.Function<Cell.Group, Delta, TableRow>
        implements CheckpointedFunction {

    private static final long serialVersionUID = 1;

    private final KpiSettings settings;
    private final Cadence cadence;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Kpis kpis;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient MapState<List<String>, Amounts> lines;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient MapState<Long, Map<List<String>, Amounts>> pending;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient MapState<List<String>, Boolean> published;

    public AccumulateFunction(KpiSettings settings, Cadence cadence) {
        this.settings = settings;
        this.cadence = cadence;
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
        kept = kpis.names();
        allKept = true;
        definitionState = context.getOperatorStateStore().getUnionListState(StateDescriptors.DEFINITION);
        for (Definition saved : definitionState.get()) {
            kept.retainAll(saved.sharedWith(kpis.definition()));
            allKept &= kept.containsAll(saved.kpis().keySet());
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        definitionState.update(List.of(kpis.definition()));
    }

    @Override
    public void open(OpenContext context) {
        lines = getRuntimeContext().getMapState(StateDescriptors.LINES);
        pending = getRuntimeContext().getMapState(StateDescriptors.PENDING);
        published = getRuntimeContext().getMapState(StateDescriptors.PUBLISHED);
    }

    @Override
    List<StateDescriptor<?, ?>> savedKeysOf() {
        return allKept
                ? List.of()
                : List.of(StateDescriptors.LINES, StateDescriptors.PENDING, StateDescriptors.PUBLISHED);
    }

    @Override
    void savedKey(Cell.Group key, TimerService timers) {
        if (!kept.contains(key.kpi())) {
            lines.clear();
            pending.clear();
            published.clear();
        }
    }

    @Override
    public void processElement(Delta delta, Context context, Collector<TableRow> out) throws Exception {
        TimerService timers = context.timerService();
        long tick = KpiTime.roundUp(Math.max(delta.at(), timers.currentWatermark() + 1), cadence.tickMillis());
        Map<List<String>, Amounts> waiting = pending.get(tick);
        if (waiting == null) {
            waiting = new HashMap<>();
            timers.registerEventTimeTimer(tick);
        }
        waiting.merge(delta.cell().line(), delta.amounts(), Amounts::plus);
        pending.put(tick, waiting);
    }

    /** Each tick is published by itself: tasks hear of different watermarks, and the writer takes all rows of the same ticks. */
    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<TableRow> out) throws Exception {
        if (lines.isEmpty() && pending.isEmpty() && published.isEmpty()) {
            // Its sums were let go, and its table may be no longer kept.
            return;
        }
        Map<List<String>, Amounts> due = pending.get(timestamp);
        if (due != null) {
            pending.remove(timestamp);
            for (Map.Entry<List<String>, Amounts> line : due.entrySet()) {
                add(line.getKey(), line.getValue());
            }
        }
        publish(timestamp, context, out);
    }

    private void add(List<String> line, Amounts amounts) throws Exception {
        Amounts sum = lines.get(line);
        Amounts total = sum == null ? amounts : sum.plus(amounts);
        if (total.isZero()) {
            lines.remove(line);
        } else {
            lines.put(line, total);
        }
    }

    private Map<List<String>, Amounts> sums() throws Exception {
        Map<List<String>, Amounts> sums = new HashMap<>();
        for (Map.Entry<List<String>, Amounts> line : lines.entries()) {
            sums.put(line.getKey(), line.getValue());
        }
        return sums;
    }

    private List<KpiRow> rows(Cell.Group group, Map<List<String>, Amounts> sums, Instant asOf) {
        return kpis.sums(group.kpi()).rows(group.key(), sums, asOf);
    }

    private void publish(long at, OnTimerContext context, Collector<TableRow> out) throws Exception {
        Cell.Group group = context.getCurrentKey();
        SumKpi kpi = kpis.sums(group.kpi());
        Instant asOf = Instant.ofEpochMilli(at);
        Map<List<String>, Amounts> sums = sums();
        Set<List<String>> gone = new HashSet<>();
        published.keys().forEach(gone::add);
        List<KpiRow> rows = rows(group, sums, asOf);
        for (KpiRow row : rows) {
            List<String> key = row.keyText();
            if (!gone.remove(key)) {
                published.put(key, true);
            }
            out.collect(new TableRow(group.kpi(), row.key(), row.values(), at));
        }
        for (List<String> key : gone) {
            published.remove(key);
            if (!kpi.table().isFrozen(key, asOf, settings)) {
                out.collect(new TableRow(group.kpi(), key(kpi.table(), key), null, at));
            }
        }
        if (kpi.ages(sums)) {
            context.timerService().registerEventTimeTimer(cadence.refreshAfter(at));
        }
    }

    private static List<Object> key(KpiTable<?> table, List<String> keyText) {
        List<Object> key = new ArrayList<>();
        for (int i = 0; i < keyText.size(); i++) {
            key.add(table.keyColumns().get(i).type().parse(keyText.get(i)));
        }
        return key;
    }
}
