package nl.rentguy.crm.kpi.operators;

import java.io.Serializable;
import java.util.function.Function;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.EntityEngine;
import nl.rentguy.crm.kpi.engine.EntityEngine.Tracked;
import nl.rentguy.crm.kpi.engine.EntityModel;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one entity per key and emits the deltas of its changes and of the passing of time, with one timer set at the next
 * boundary. Rows of the snapshot are only taken in; they are evaluated together, at the first KPI time.
 */
public final class EntityFunction<S> extends KeyedProcessFunction<Long, EntityChange, Delta> {

    private static final long serialVersionUID = 1;

    /** Fires with the first watermark there is, which is the first KPI time. */
    private static final long FIRST_KPI_TIME = Long.MIN_VALUE + 1;

    /** Names the kind of entity in a way that can be sent to a worker. */
    @FunctionalInterface
    public interface ModelOf<S> extends Function<Kpis, EntityModel<S>>, Serializable {}

    private final KpiSettings settings;
    private final ModelOf<S> modelOf;
    private final TypeInformation<S> type;
    private final long tickMillis;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient EntityEngine<S> engine;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient ValueState<EntityState<S>> entities;

    /** @param tickMillis the step of KPI time at which rows are published */
    public EntityFunction(KpiSettings settings, ModelOf<S> modelOf, TypeInformation<S> type, long tickMillis) {
        this.settings = settings;
        this.modelOf = modelOf;
        this.type = type;
        this.tickMillis = tickMillis;
    }

    @Override
    public void open(OpenContext context) {
        engine = new EntityEngine<>(modelOf.apply(new Kpis(settings)));
        entities = getRuntimeContext().getState(StateDescriptors.entity(type));
    }

    @Override
    public void processElement(EntityChange input, Context context, Collector<Delta> out) throws Exception {
        EntityState<S> stored = entities.value();
        Tracked<S> before = stored == null ? Tracked.nothing() : stored.tracked();
        RowChange change = input.change();
        long watermark = context.timerService().currentWatermark();
        Tracked<S> after;
        if (change.committedAt() == RowChange.IN_SNAPSHOT && watermark == Long.MIN_VALUE) {
            after = engine.load(before, change);
        } else {
            // A change that comes after its time counts from now on: position in the log decides, not the clock.
            long now = Math.max(Math.max(change.committedAt(), watermark + 1), before.evaluatedAt());
            after = engine.change(before, change, now, out::collect);
        }
        store(stored, after, context.timerService());
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Delta> out) throws Exception {
        EntityState<S> stored = entities.value();
        if (stored == null) {
            return;
        }
        long now = timestamp == FIRST_KPI_TIME
                ? KpiTime.roundDown(context.timerService().currentWatermark(), tickMillis)
                : timestamp;
        store(stored, engine.advance(stored.tracked(), now, out::collect), context.timerService());
    }

    private void store(@Nullable EntityState<S> stored, Tracked<S> after, TimerService timers) throws Exception {
        S state = after.state();
        long next = state == null
                ? Long.MAX_VALUE
                : after.evaluatedAt() == KpiTime.NONE ? FIRST_KPI_TIME : engine.nextBoundary(after);
        long set = stored == null ? Long.MAX_VALUE : stored.timer();
        if (set != next && set != Long.MAX_VALUE) {
            timers.deleteEventTimeTimer(set);
        }
        if (set != next && next != Long.MAX_VALUE) {
            timers.registerEventTimeTimer(next);
        }
        if (state == null) {
            entities.clear();
        } else {
            entities.update(new EntityState<>(state, after.evaluatedAt(), next));
        }
    }
}
