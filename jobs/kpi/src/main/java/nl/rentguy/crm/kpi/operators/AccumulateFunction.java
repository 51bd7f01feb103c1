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
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiRow;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import nl.rentguy.crm.kpi.kpi.Kpis;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.apache.flink.util.function.SerializableSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the sums of one KPI key and publishes its rows: at most once per tick, with exactly the deltas up to that tick.
 *
 * <p>After a restore nothing is published before KPI time has reached the moment of the restore. What the log says until
 * then may have been published already, and rows that were deleted since must not come back for as long as the replay takes.
 */
public final class AccumulateFunction extends KeyedProcessFunction<Cell.Group, Delta, Long>
        implements CheckpointedFunction {

    private static final long serialVersionUID = 1;

    private final KpiSettings settings;
    private final Cadence cadence;
    private final SerializableSupplier<Long> clock;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Kpis kpis;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient MapState<List<String>, Amounts> lines;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient MapState<Long, Map<List<String>, Amounts>> pending;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient MapState<List<String>, Boolean> published;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient ValueState<Long> lastTick;

    /** KPI time before which nothing is published; {@link KpiTime#NONE} when this run continues no other. */
    private transient long resumesAt;

    /** Whether this task has published anything since it started. */
    private transient boolean hasPublished;

    public AccumulateFunction(KpiSettings settings, Cadence cadence) {
        this(settings, cadence, System::currentTimeMillis);
    }

    /** @param clock tells the moment of a restore, milliseconds since the epoch */
    AccumulateFunction(KpiSettings settings, Cadence cadence, SerializableSupplier<Long> clock) {
        this.clock = clock;
        this.settings = settings;
        this.cadence = cadence;
    }

    /** Where the rows of that table come out. */
    public static OutputTag<Row> rowsOf(KpiTable<?> table) {
        return new OutputTag<>(table.name(), StreamTypes.row(table));
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
        resumesAt = context.isRestored() ? clock.get() : KpiTime.NONE;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {
        // All state is keyed.
    }

    @Override
    public void open(OpenContext context) {
        kpis = new Kpis(settings);
        lines = getRuntimeContext().getMapState(StateDescriptors.LINES);
        pending = getRuntimeContext().getMapState(StateDescriptors.PENDING);
        published = getRuntimeContext().getMapState(StateDescriptors.PUBLISHED);
        lastTick = getRuntimeContext().getState(StateDescriptors.LAST_TICK);
    }

    @Override
    public void processElement(Delta delta, Context context, Collector<Long> out) throws Exception {
        TimerService timers = context.timerService();
        // Never before what is published already, even when the CRM's clock was set back.
        Long last = lastTick.value();
        long earliest = Math.max(timers.currentWatermark(), last == null ? Long.MIN_VALUE : last) + 1;
        long tick = KpiTime.roundUp(Math.max(delta.at(), earliest), cadence.tickMillis());
        Map<List<String>, Amounts> waiting = pending.get(tick);
        if (waiting == null) {
            waiting = new HashMap<>();
            timers.registerEventTimeTimer(tick);
        }
        waiting.merge(delta.cell().line(), delta.amounts(), Amounts::plus);
        pending.put(tick, waiting);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Long> out) throws Exception {
        TimerService timers = context.timerService();
        Map<List<String>, Amounts> due = pending.get(timestamp);
        if (due != null) {
            pending.remove(timestamp);
            for (Map.Entry<List<String>, Amounts> line : due.entrySet()) {
                add(line.getKey(), line.getValue());
            }
        }
        long at = cadence.publishAt(Math.max(timestamp, resumesAt), timers.currentProcessingTime());
        if (at == timestamp) {
            if (!hasPublished) {
                // Ahead of the watermark, and so before ProgressOperator hears of any later time.
                hasPublished = true;
                out.collect(timestamp);
            }
            publish(context);
        } else {
            // An earlier run may have published here what will have gone by then: its deletion must not be missed.
            for (KpiRow row : rows(context.getCurrentKey(), sums(), asOf(timestamp))) {
                published.put(row.keyText(), true);
            }
            timers.registerEventTimeTimer(at);
        }
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
        return kpis.named(group.kpi()).rows(group.key(), sums, asOf);
    }

    private static Instant asOf(long tick) {
        return Instant.ofEpochMilli(tick);
    }

    private void publish(OnTimerContext context) throws Exception {
        Cell.Group group = context.getCurrentKey();
        Kpi kpi = kpis.named(group.kpi());
        Instant asOf = asOf(context.timestamp());
        Map<List<String>, Amounts> sums = sums();
        Set<List<String>> gone = new HashSet<>();
        published.keys().forEach(gone::add);
        OutputTag<Row> output = rowsOf(kpi.table());
        List<KpiRow> rows = rows(group, sums, asOf);
        for (KpiRow row : rows) {
            List<String> key = row.keyText();
            if (!gone.remove(key)) {
                published.put(key, true);
            }
            context.output(output, row(RowKind.INSERT, row.key(), row.values(), asOf));
        }
        for (List<String> key : gone) {
            published.remove(key);
            if (!kpi.table().isFrozen(key, asOf, settings)) {
                context.output(output, deletion(kpi.table(), key, asOf));
            }
        }
        if (rows.isEmpty()) {
            lastTick.clear();
        } else {
            lastTick.update(context.timestamp());
        }
        if (kpi.ages(sums)) {
            context.timerService().registerEventTimeTimer(cadence.refreshAfter(context.timestamp()));
        }
    }

    private static Row deletion(KpiTable<?> table, List<String> keyText, Instant asOf) {
        List<Object> key = new ArrayList<>();
        for (int i = 0; i < keyText.size(); i++) {
            key.add(table.keyColumns().get(i).type().parse(keyText.get(i)));
        }
        List<@Nullable Object> values = new ArrayList<>();
        table.valueColumns().forEach(column -> values.add(null));
        return row(RowKind.DELETE, key, values, asOf);
    }

    private static Row row(RowKind kind, List<Object> key, List<@Nullable Object> values, Instant asOf) {
        Row row = new Row(kind, key.size() + values.size() + 1);
        int i = 0;
        for (Object value : key) {
            row.setField(i++, value);
        }
        for (Object value : values) {
            row.setField(i++, value);
        }
        row.setField(i, asOf);
        return row;
    }
}
