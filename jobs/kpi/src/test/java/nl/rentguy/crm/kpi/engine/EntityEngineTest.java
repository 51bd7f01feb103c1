package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.EntityEngine.Evaluated;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The algebra alone, on an entity that contributes 1 from its creation on for ten milliseconds. */
class EntityEngineTest {

    private static final Instant CREATED = Instant.ofEpochMilli(100);
    private static final AccumulatorKey ACCUMULATOR =
            new AccumulatorKey(new AggregateKey("kpi", List.of("mrdj")), List.of());
    private static final Measures ONE = new Measures(new long[] {1});
    private static final Measures MINUS_ONE = ONE.negated();

    private final EntityEngine<AutomationRun> engine = new EntityEngine<>(new EntityModel<>() {
        @Override
        public @Nullable AutomationRun fold(@Nullable AutomationRun state, RowChange change) {
            return change.row(AutomationRun.class);
        }

        @Override
        public void contribute(AutomationRun run, long from, long until, Contributions to) {
            to.between(run.createdAt(), run.createdAt().plus(Duration.ofMillis(10)), ACCUMULATOR, ONE);
        }
    });
    private final List<Delta> deltas = new ArrayList<>();
    private final Effects effects = new Effects() {
        @Override
        public void sums(Delta delta) {
            deltas.add(delta);
        }

        @Override
        public void row(String table, List<Object> key, @Nullable List<@Nullable Object> values, long at) {
            throw new IllegalStateException("runs contribute no rows here");
        }
    };

    private static RowChange created(Instant at) {
        return RowChange.of(new AutomationRun(1, "mrdj", null, "w", AutomationRun.Status.OPEN, at, null), 0);
    }

    private static RowChange deleted() {
        return RowChange.deletion(CrmTable.AUTOMATION_RUNS, 1, 0);
    }

    private Evaluated<AutomationRun> change(Evaluated<AutomationRun> entity, RowChange change, long now) {
        return engine.change(entity, change, now, effects);
    }

    @Test
    void whatHoldsNowIsAddedAndItsEndIsTheNextBoundary() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 105);
        assertThat(deltas).containsExactly(new Delta(ACCUMULATOR, 105, ONE));
        assertThat(entity.nextBoundary()).isEqualTo(110);
    }

    @Test
    void whatWillHoldIsAddedWhenItsTimeComes() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 50);
        assertThat(deltas).isEmpty();
        assertThat(entity.nextBoundary()).isEqualTo(100);
        engine.advance(entity, 100, effects);
        assertThat(deltas).containsExactly(new Delta(ACCUMULATOR, 100, ONE));
    }

    @Test
    void theStartIsIncludedAndTheEndIsNot() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 109);
        entity = engine.advance(entity, 110, effects);
        assertThat(deltas).containsExactly(new Delta(ACCUMULATOR, 109, ONE), new Delta(ACCUMULATOR, 110, MINUS_ONE));
        assertThat(entity.nextBoundary()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aChangeEmitsWhatTimeDidBeforeItAtItsOwnInstant() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 50);
        change(entity, deleted(), 107);
        assertThat(deltas).containsExactly(new Delta(ACCUMULATOR, 100, ONE), new Delta(ACCUMULATOR, 107, MINUS_ONE));
    }

    @Test
    void aChangeThatChangesNothingEmitsNothing() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 102);
        deltas.clear();
        change(entity, created(CREATED), 103);
        assertThat(deltas).isEmpty();
    }

    @Test
    void nothingIsEmittedWhileThereIsNoKpiTime() {
        Evaluated<AutomationRun> entity = engine.load(Evaluated.nothing(), created(CREATED));
        assertThat(deltas).isEmpty();
        engine.advance(entity, 104, effects);
        assertThat(deltas).containsExactly(new Delta(ACCUMULATOR, 104, ONE));
    }

    @Test
    void aWindowThatOpensAndClosesBetweenTwoLooksLeavesBothDeltas() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 50);
        engine.advance(entity, 500, effects);
        assertThat(deltas).containsExactly(new Delta(ACCUMULATOR, 100, ONE), new Delta(ACCUMULATOR, 110, MINUS_ONE));
    }

    @Test
    void aDeletedEntityIsForgotten() {
        Evaluated<AutomationRun> entity = change(Evaluated.nothing(), created(CREATED), 102);
        assertThat(change(entity, deleted(), 103).state()).isNull();
    }
}
