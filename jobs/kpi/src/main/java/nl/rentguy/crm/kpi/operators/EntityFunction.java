package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import nl.rentguy.crm.kpi.crm.Entity;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.Definition;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.Bootstrap;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Effects;
import nl.rentguy.crm.kpi.engine.EntityEngine;
import nl.rentguy.crm.kpi.engine.EntityEngine.Evaluated;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one entity per key, of whatever kind, and emits what its changes and the passing of time change in sums and rows, with one timer set at the next
 * boundary; and sends what the one above it needs of it to that. What comes before the first KPI time, rows of the snapshot and changes that
 * overtake it, is only taken in; it is evaluated together, at the first tick after that time.
 *
 * <p>What saved state was evaluated by may be another {@link Definition}: other settings, other versions of KPIs, other tables. What is
 * new in this one is evaluated for all entities together, at the first tick after the first watermark, as if there had been no KPI time
 * before; until then changes count for what both have. State that does not hold what is captured now is refused.
 */
public final class EntityFunction extends SavedKeysOperator.Function<EntityId, EntityChange, Delta>
        implements CheckpointedFunction {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(EntityFunction.class);

    /** Fires with the first watermark there is, which is the first KPI time. */
    private static final long FIRST_KPI_TIME = Long.MIN_VALUE + 1;

    /** Rows of KPI tables that come, change and go. */
    public static final OutputTag<TableRow> ROWS = new OutputTag<>("rows", StreamTypes.TABLE_ROW);

    /** What entities above need of these: parts that come, change and leave. */
    public static final OutputTag<EntityChange> PARTS = new OutputTag<>("parts", StreamTypes.ENTITY_CHANGE);

    private final KpiSettings settings;
    private final long tickMillis;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient Map<EntityKind, EntityEngine<Entity>> engines;

    /** By what they are to be evaluated. */
    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient Definition definition;

    /** By what the entities are evaluated. */
    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient Definition evaluated;

    /** What is new for the entities in the saved state; empty when nothing is, and once they are evaluated by it. */
    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient Map<EntityKind, Bootstrap<Entity>> bootstraps;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient ValueState<Packed<EntityState>> entities;

    /** Entities that time alone has made history, such as the runs of a day that is frozen. */
    @SuppressWarnings("NullAway.Init") // set in open
    private transient Counter expired;

    /** Changes of what is no longer known and stays so, such as the deletion of a run that is history. */
    @SuppressWarnings("NullAway.Init") // set in open
    private transient Counter withoutEffect;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Long> beginState;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Definition> definitionState;

    /** The first tick there is, in this run or in those that it continues; {@link KpiTime#NONE} before the first watermark. */
    private transient long beginsAt;

    /** The same of this run alone. */
    private transient long goesOnAt;

    /** @param tickMillis the step of KPI time at which rows are published */
    public EntityFunction(KpiSettings settings, long tickMillis) {
        this.settings = settings;
        this.tickMillis = tickMillis;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        beginState = context.getOperatorStateStore().getUnionListState(StateDescriptors.BEGIN);
        definitionState = context.getOperatorStateStore().getUnionListState(StateDescriptors.DEFINITION);
        beginsAt = KpiTime.NONE;
        goesOnAt = KpiTime.NONE;
        for (long saved : beginState.get()) {
            beginsAt = Math.max(beginsAt, saved);
        }
        Kpis kpis = new Kpis(settings);
        engines = engines(kpis);
        definition = kpis.definition();
        for (Definition saved : definitionState.get()) {
            if (!saved.captured().equals(definition.captured())) {
                // No restart would mend it.
                throw new SuppressRestartsException(new IllegalStateException(
                        "The saved state holds what was captured by %s, and this job captures by %s. Set the crm.* options and kpi.freeze-days back, or start anew with a snapshot: crm-kpi run --rebuild"
                                .formatted(saved.captured(), definition.captured())));
            }
        }
        Set<String> kept = definition.goingOnFrom(definitionState.get());
        evaluated = definition;
        bootstraps = new EnumMap<>(EntityKind.class);
        if (beginsAt != KpiTime.NONE && kept.size() < kpis.names().size()) {
            Set<String> added = new TreeSet<>(kpis.names());
            added.removeAll(kept);
            LOG.info("Derived anew from saved state: {}", added);
            evaluated = definition.only(kept);
            Map<EntityKind, EntityEngine<Entity>> ofAdded = engines(kpis.only(added));
            engines(kpis.only(kept))
                    .forEach((kind, ofKept) -> bootstraps.put(kind, new Bootstrap<>(ofKept, of(kind, ofAdded))));
        }
    }

    private static Map<EntityKind, EntityEngine<Entity>> engines(Kpis kpis) {
        Map<EntityKind, EntityEngine<Entity>> engines = new EnumMap<>(EntityKind.class);
        for (EntityKind kind : EntityKind.values()) {
            engines.put(kind, new EntityEngine<>(kpis.entities(kind)));
        }
        return engines;
    }

    private static <T> T of(EntityKind kind, Map<EntityKind, T> all) {
        return Objects.requireNonNull(all.get(kind));
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        beginState.update(List.of(beginsAt));
        definitionState.update(List.of(evaluated));
    }

    @Override
    public void open(OpenContext context) {
        entities = getRuntimeContext().getState(StateDescriptors.ENTITY);
        expired = getRuntimeContext().getMetricGroup().counter("entities_expired");
        withoutEffect = getRuntimeContext().getMetricGroup().counter("changes_without_effect");
    }

    @Override
    List<StateDescriptor<?, ?>> savedKeysOf() {
        return bootstraps.isEmpty() ? List.of() : List.of(StateDescriptors.ENTITY);
    }

    @Override
    void savedKey(EntityId key, TimerService timers) throws Exception {
        EntityState saved = Objects.requireNonNull(known());
        store(saved, saved.evaluated(), timers);
    }

    @Override
    void comes(Watermark mark) {
        if (goesOnAt == KpiTime.NONE) {
            // Not before what was taken in of rows; changes that overtake the watermark of parts may be later.
            goesOnAt = KpiTime.roundUp(mark.getTimestamp() + 1, tickMillis);
            beginsAt = beginsAt == KpiTime.NONE ? goesOnAt : beginsAt;
        }
    }

    /** What is new is evaluated for all entities, or for none: a checkpoint between them could not tell for which. */
    @Override
    boolean isInterruptible() {
        return bootstraps.isEmpty();
    }

    @Override
    void passed(Watermark mark) {
        if (!bootstraps.isEmpty()) {
            bootstraps.clear();
            evaluated = definition;
        }
    }

    @Override
    public void processElement(EntityChange input, Context context, Collector<Delta> out) throws Exception {
        EntityState stored = known();
        EntityKind kind = input.entity().kind();
        EntityEngine<Entity> engine = of(kind, engines);
        Effects effects = effects(context, out);
        Evaluated<Entity> before = stored == null ? Evaluated.nothing() : begun(kind, stored, effects);
        RowChange change = input.change();
        long watermark = context.timerService().currentWatermark();
        Evaluated<Entity> after;
        boolean unknownTime = beginsAt == KpiTime.NONE || change.committedAt() == RowChange.IN_SNAPSHOT;
        if (watermark == Long.MIN_VALUE && unknownTime && before.evaluatedAt() == KpiTime.NONE) {
            after = engine.load(before, change);
        } else {
            // A change that comes after its time counts from now on: position in the log decides, not the clock.
            long now = Math.max(Math.max(change.committedAt(), watermark + 1), before.evaluatedAt());
            EntityEngine<Entity> known =
                    bootstraps.isEmpty() ? engine : of(kind, bootstraps).kept();
            after = known.change(before, change, now, effects);
        }
        EntityKind parents = kind.parent();
        if (parents != null) {
            change.ofPart(
                    engine.part(before),
                    engine.part(after),
                    (parent, ofPart) -> context.output(PARTS, new EntityChange(new EntityId(parents, parent), ofPart)));
        }
        if (stored == null && after.state() == null) {
            withoutEffect.inc();
        }
        store(stored, after, context.timerService());
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Delta> out) throws Exception {
        EntityState stored = known();
        if (stored == null) {
            return;
        }
        EntityKind kind = context.getCurrentKey().kind();
        Effects effects = effects(context, out);
        Evaluated<Entity> after = timestamp == FIRST_KPI_TIME
                ? begin(kind, stored, effects)
                : of(kind, engines).advance(stored.evaluated(), timestamp, effects);
        if (after.state() == null) {
            expired.inc();
        }
        store(stored, after, context.timerService());
    }

    /** An entity as a change finds it: when KPI time has begun for others, it has for this one. */
    private Evaluated<Entity> begun(EntityKind kind, EntityState stored, Effects effects) {
        Evaluated<Entity> entity = stored.evaluated();
        if (beginsAt == KpiTime.NONE || stored.evaluatedAt() != KpiTime.NONE) {
            return entity;
        }
        EntityEngine<Entity> known =
                bootstraps.isEmpty() ? of(kind, engines) : of(kind, bootstraps).kept();
        return known.advance(entity, beginsAt, effects);
    }

    /** Evaluates an entity that waits for KPI time to begin, or by what is new. */
    private Evaluated<Entity> begin(EntityKind kind, EntityState stored, Effects effects) {
        if (bootstraps.isEmpty()) {
            return of(kind, engines).advance(stored.evaluated(), beginsAt, effects);
        }
        Bootstrap<Entity> bootstrap = of(kind, bootstraps);
        Evaluated<Entity> kept = bootstrap.kept().advance(stored.evaluated(), beginsAt, effects);
        return bootstrap.evaluate(kept, Math.max(goesOnAt, kept.evaluatedAt()), effects);
    }

    private Effects effects(Context context, Collector<Delta> out) {
        return new Effects() {
            @Override
            public void sums(Delta delta) {
                out.collect(delta);
            }

            @Override
            public void row(String table, List<Object> key, @Nullable List<@Nullable Object> values, long at) {
                context.output(ROWS, new TableRow(table, key, values, KpiTime.roundUp(at, tickMillis)));
            }

            @Override
            public void moved(String table, List<Object> key, long at) {
                context.output(ROWS, TableRow.moved(table, key, KpiTime.roundUp(at, tickMillis)));
            }
        };
    }

    private @Nullable EntityState known() throws IOException {
        Packed<EntityState> kept = entities.value();
        return kept == null ? null : kept.value(EntityStateSerializer.INSTANCE);
    }

    private void store(@Nullable EntityState stored, Evaluated<Entity> after, TimerService timers) throws Exception {
        Entity state = after.state();
        boolean isEvaluated = after.evaluatedAt() != KpiTime.NONE
                && (bootstraps.isEmpty() || timers.currentWatermark() != Long.MIN_VALUE);
        long next = state == null ? Long.MAX_VALUE : isEvaluated ? after.nextBoundary() : FIRST_KPI_TIME;
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
            entities.update(EntityStateSerializer.INSTANCE.pack(new EntityState(state, after.evaluatedAt(), next)));
        }
    }
}
