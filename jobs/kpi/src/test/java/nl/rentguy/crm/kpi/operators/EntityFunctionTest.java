package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.engine.Delta;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.InstantiationUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Timers and state of an automation run: counted once, overdue ten minutes after it began. */
@SuppressWarnings("NullAway.Init") // set before each test
class EntityFunctionTest {

    private static final Instant CREATED = Instant.parse("2026-11-22T12:00:00Z");
    private static final long NOW = CREATED.plusSeconds(60).toEpochMilli();
    private static final long DEADLINE = CREATED.plus(Duration.ofMinutes(10)).toEpochMilli() + 1;
    private static final long BEFORE = NOW - 5_000;
    private static final long TICK = 20;
    private static final int OVERDUE_SLOT = 5;

    private KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness;

    @BeforeEach
    void open() throws Exception {
        harness = harness(KpiSettings.DEFAULTS);
        harness.open();
        harness.processWatermark(BEFORE);
        harness.getOutput().clear();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    static KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness(KpiSettings settings)
            throws Exception {
        KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        // As it comes to a task.
                        InstantiationUtil.clone(new SavedKeysOperator<>(new EntityFunction(settings, TICK))),
                        EntityChange::entity,
                        StreamTypes.ENTITY_ID);
        harness.setup(StreamTypes.DELTA.createSerializer(new SerializerConfigImpl()));
        return harness;
    }

    private static EntityChange run(String status, @Nullable Instant completed, long committedAt) {
        return EntityChange.ofOwnRow(RowChange.of(
                new AutomationRun(7, "mrdj", null, "w", StatusWords.DEFAULTS.run(status), CREATED, completed),
                committedAt));
    }

    /** Goes on in a new operator, from the state of this one. */
    private void restore() throws Exception {
        restore(KpiSettings.DEFAULTS);
    }

    private void restore(KpiSettings settings) throws Exception {
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        harness.close();
        harness = harness(settings);
        harness.initializeState(saved);
        harness.open();
    }

    private List<Delta> deltas() {
        List<Delta> deltas = harness.extractOutputValues();
        harness.getOutput().clear();
        return deltas;
    }

    @Test
    void aDeadlinePassesWithoutAnEvent() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        assertThat(deltas()).hasSize(1);
        assertThat(harness.numEventTimeTimers()).isEqualTo(1);
        harness.processWatermark(DEADLINE - 1);
        assertThat(deltas()).isEmpty();
        harness.processWatermark(DEADLINE);
        assertThat(ofSla(deltas())).singleElement().satisfies(delta -> {
            assertThat(delta.at()).isEqualTo(DEADLINE);
            assertThat(delta.measures().sums()[OVERDUE_SLOT]).isEqualTo(1);
        });
        assertThat(harness.numEventTimeTimers()).as("until its day is frozen").isEqualTo(1);
    }

    private static List<Delta> ofSla(List<Delta> deltas) {
        return deltas.stream()
                .filter(delta -> delta.key().aggregate().kpi().equals("crm_automation_sla"))
                .toList();
    }

    @Test
    void aRunOfAFrozenDayIsLetGo() throws Exception {
        harness.processElement(run("completed", CREATED.plusSeconds(90), NOW), NOW);
        deltas();
        Instant frozen = KpiSettings.DEFAULTS.frozenAt(KpiSettings.DEFAULTS.dayOf(CREATED));
        harness.processWatermark(frozen.toEpochMilli() - 1);
        assertThat(harness.numKeyedStateEntries()).isEqualTo(1);
        harness.processWatermark(frozen.toEpochMilli());
        assertThat(deltas()).isNotEmpty().extracting(Delta::at).containsOnly(frozen.toEpochMilli());
        // In another time zone its day may not be over.
        Instant forgotten = frozen.plus(Duration.ofDays(2));
        harness.processWatermark(forgotten.toEpochMilli() - 1);
        assertThat(harness.numKeyedStateEntries()).isEqualTo(1);
        harness.processWatermark(forgotten.toEpochMilli());
        assertThat(deltas()).isEmpty();
        assertThat(harness.numKeyedStateEntries()).isZero();
        assertThat(harness.numEventTimeTimers()).isZero();
        // The CRM purges it, or somebody edits it all the same: too late.
        harness.processElement(run("failed", null, NOW + 1), NOW + 1);
        harness.processElement(
                EntityChange.ofOwnRow(RowChange.deletion(CrmTable.AUTOMATION_RUNS, 7, NOW + 2)), NOW + 2);
        assertThat(deltas()).isEmpty();
        assertThat(harness.numKeyedStateEntries()).isZero();
    }

    @Test
    void aRunThatEndsInTimeIsNeverOverdue() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        harness.processElement(run("completed", CREATED.plusSeconds(90), NOW + 1), NOW + 1);
        deltas();
        harness.processWatermark(DEADLINE + 1_000_000);
        assertThat(deltas()).isEmpty();
    }

    @Test
    void aDeletedRunLeavesNeitherStateNorTimer() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        harness.processElement(
                EntityChange.ofOwnRow(RowChange.deletion(CrmTable.AUTOMATION_RUNS, 7, NOW + 5)), NOW + 5);
        assertThat(harness.numKeyedStateEntries()).isZero();
        assertThat(harness.numEventTimeTimers()).isZero();
        List<Delta> deltas = deltas();
        assertThat(deltas.get(0).measures().plus(deltas.get(1).measures()).isZero())
                .isTrue();
    }

    @Test
    void whatComesBeforeTheFirstKpiTimeIsEvaluatedTogetherAtTheFirstTickAfterIt() throws Exception {
        harness.close();
        harness = harness(KpiSettings.DEFAULTS);
        harness.open();
        harness.processElement(run("running", null, RowChange.IN_SNAPSHOT), NOW);
        // A change of the log that overtakes other tasks' snapshot rows.
        harness.processElement(run("failed", null, NOW - 300), NOW);
        assertThat(deltas()).isEmpty();
        harness.processWatermark(NOW + 3);
        assertThat(ofSla(deltas())).extracting(Delta::at).containsExactly(NOW + TICK);
    }

    private static KpiSettings settings(String option, String value) {
        return Definitions.kpiSettings(Configuration.fromMap(Map.of(option, value)));
    }

    @Test
    void stateThatDoesNotHoldWhatIsCapturedNowIsRefused() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        for (String[] other : new String[][] {
            {"kpi.freeze-days", "500"}, {"crm.deal-words.won", "gewonnen"}, {"crm.task-due-column", "due_at"}
        }) {
            OperatorSubtaskState saved = harness.snapshot(1, 1);
            try (var refusing = harness(settings(other[0], other[1]))) {
                assertThatThrownBy(() -> refusing.initializeState(saved))
                        .hasRootCauseInstanceOf(IllegalStateException.class)
                        .rootCause()
                        .hasMessageContainingAll(other[1], "kpi.freeze-days", "crm.*", "start anew");
            }
        }
    }

    @Test
    void whatOtherSettingsDeriveBeginsForAllEntitiesAtTheFirstTickAfterTheFirstWatermark() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        restore(settings("kpi.sla-minutes", "15"));
        // Known to nobody and taken in, like what was known.
        AutomationRun another = new AutomationRun(8, "mrdj", null, "w", AutomationRun.Status.OPEN, CREATED, null);
        harness.processElement(EntityChange.ofOwnRow(RowChange.of(another, NOW + 1)), NOW + 1);
        harness.processElement(EntityChange.ofOwnRow(RowChange.of(another, NOW + 2)), NOW + 2);
        assertThat(deltas()).isEmpty();
        // In the middle of it nothing has begun.
        restore(settings("kpi.sla-minutes", "15"));
        assertThat(deltas()).isEmpty();
        harness.processWatermark(NOW + 3);
        assertThat(ofSla(deltas())).hasSize(2).allSatisfy(delta -> assertThat(delta.at())
                .isEqualTo(NOW + TICK));
        harness.processWatermark(DEADLINE + 60_000);
        assertThat(deltas()).isEmpty();
        long later = DEADLINE + Duration.ofMinutes(5).toMillis();
        harness.processWatermark(later);
        assertThat(ofSla(deltas())).hasSize(2).extracting(Delta::at).containsOnly(later);
        restore(settings("kpi.sla-minutes", "15"));
        harness.processWatermark(later + 1);
        assertThat(deltas()).as("what has begun goes on").isEmpty();
    }

    @Test
    void whatWasEvaluatedLaterThanTheNewBeginsStillHasItsDeadline() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        restore(settings("kpi.sla-minutes", "15"));
        harness.processElement(run("queued", null, NOW + TICK), NOW + TICK);
        harness.processWatermark(NOW + TICK - 1);
        assertThat(harness.numEventTimeTimers()).isEqualTo(1);
        deltas();
        long deadline = DEADLINE + Duration.ofMinutes(5).toMillis();
        harness.processWatermark(deadline);
        assertThat(ofSla(deltas())).extracting(Delta::at).containsExactly(deadline);
    }

    @Test
    void aTableThatCameAndWentBeforeItBeganTakesNoTimerAlong() throws Exception {
        harness.close();
        harness = harness(settings("kpi.groups", "automation"));
        harness.open();
        harness.processWatermark(BEFORE);
        harness.processElement(run("running", null, NOW), NOW);
        deltas();
        restore(settings("kpi.groups", "automation, watchlist"));
        restore(settings("kpi.groups", "automation"));
        harness.processWatermark(NOW + 5);
        assertThat(deltas()).isEmpty();
        harness.processWatermark(DEADLINE);
        assertThat(deltas()).extracting(Delta::at).containsExactly(DEADLINE);
    }

    @Test
    void whatBothDeriveGoesOn() throws Exception {
        harness.close();
        harness = harness(settings("kpi.groups", "watchlist"));
        harness.open();
        harness.processWatermark(BEFORE);
        harness.processElement(run("running", null, NOW), NOW);
        assertThat(deltas()).isEmpty();
        restore();
        harness.processWatermark(NOW + 3);
        assertThat(deltas())
                .extracting(delta -> delta.key().aggregate().kpi())
                .as("the watchlist has its row, which waits for its deadline")
                .containsExactly("crm_automation_sla");
        assertThat(harness.getSideOutput(EntityFunction.ROWS)).isNull();
        harness.processWatermark(DEADLINE);
        assertThat(harness.getSideOutput(EntityFunction.ROWS))
                .extracting(row -> row.getValue().table())
                .containsExactly("crm_watchlist_items");
        restore(settings("kpi.groups", "watchlist"));
        harness.processWatermark(DEADLINE + 1);
        harness.processElement(run("completed", CREATED.plusSeconds(90), DEADLINE + 5), DEADLINE + 5);
        assertThat(deltas()).as("sums of a table that is no longer kept").isEmpty();
        assertThat(harness.getSideOutput(EntityFunction.ROWS))
                .hasSize(1)
                .allSatisfy(row -> assertThat(row.getValue().isGone()).isTrue());
    }

    @Test
    void aChangeThatComesAfterItsTimeCountsFromThenOn() throws Exception {
        harness.processWatermark(NOW + 500);
        harness.processElement(run("running", null, NOW), NOW);
        assertThat(deltas()).extracting(Delta::at).containsExactly(NOW + 501);
    }

    @Test
    void stateAndTimerSurviveARestore() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        restore();
        harness.processWatermark(DEADLINE);
        assertThat(ofSla(deltas())).extracting(Delta::at).containsExactly(DEADLINE);
    }

    @Test
    void aNewRowAfterARestoreCountsAtOnceEvenBeforeTheFirstWatermark() throws Exception {
        harness.processElement(run("running", null, NOW), NOW);
        restore();
        RowChange another = RowChange.of(
                new AutomationRun(8, "mrdj", null, "w", AutomationRun.Status.OPEN, CREATED, null), NOW + 1);
        harness.processElement(EntityChange.ofOwnRow(another), NOW + 1);
        assertThat(deltas()).extracting(Delta::at).containsExactly(NOW + 1);
    }

    private static EntityChange ofPipeline(long id, RowChange change) {
        return new EntityChange(new EntityId(EntityKind.PIPELINE, id), change);
    }

    @Test
    void aStageLeavesItsOldPipelineWhenItMovesAndItsLastWhenItIsDeleted() throws Exception {
        try (KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> stages =
                harness(KpiSettings.DEFAULTS)) {
            stages.open();
            Stage first = new Stage(5, 1, "Intake", 1);
            Stage renamed = new Stage(5, 1, "Start", 1);
            Stage moved = new Stage(5, 2, "Start", 1);
            for (RowChange change : List.of(
                    RowChange.of(first, 10),
                    RowChange.of(renamed, 20),
                    RowChange.of(renamed, 25),
                    RowChange.of(moved, 30),
                    RowChange.deletion(CrmTable.PIPELINE_STAGES, 5, 40))) {
                stages.processElement(EntityChange.ofOwnRow(change), 0);
            }
            assertThat(stages.getSideOutput(EntityFunction.PARTS))
                    .extracting(StreamRecord::getValue)
                    .containsExactly(
                            ofPipeline(1, new RowChange(CrmTable.PIPELINE_STAGES, 5, 10, first, null)),
                            ofPipeline(1, new RowChange(CrmTable.PIPELINE_STAGES, 5, 20, renamed, first)),
                            ofPipeline(1, new RowChange(CrmTable.PIPELINE_STAGES, 5, 30, null, renamed)),
                            ofPipeline(2, new RowChange(CrmTable.PIPELINE_STAGES, 5, 30, moved, null)),
                            ofPipeline(2, new RowChange(CrmTable.PIPELINE_STAGES, 5, 40, null, moved)));
            assertThat(stages.numKeyedStateEntries()).isZero();
        }
    }
}
