package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Measures;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** An entity that is gone leaves no state, no timer, and sums of zero, whatever became of it before. */
class EntitiesDieTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    private static KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness() throws Exception {
        KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness =
                EntityFunctionTest.harness(KpiSettings.DEFAULTS);
        harness.open();
        harness.processWatermark(NOON.toEpochMilli());
        return harness;
    }

    private static void assertNothingIsLeft(
            KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness) {
        assertThat(harness.numKeyedStateEntries()).as("state").isZero();
        assertThat(harness.numEventTimeTimers()).as("timers").isZero();
        Map<AccumulatorKey, Measures> sums = new HashMap<>();
        harness.extractOutputValues().forEach(delta -> sums.merge(delta.key(), delta.measures(), Measures::plus));
        assertThat(sums).isNotEmpty().allSatisfy((accumulator, sum) -> assertThat(sum.isZero())
                .as(accumulator.toString())
                .isTrue());
    }

    private static RowChange deal(long stage, String status, Instant at) {
        return RowChange.of(
                new Deal(
                        1,
                        "mrdj",
                        null,
                        1,
                        stage,
                        null,
                        200_000,
                        "EUR",
                        null,
                        50,
                        StatusWords.DEFAULTS.deal(status),
                        NOON,
                        at,
                        null),
                at.toEpochMilli());
    }

    @Test
    void aDeal() throws Exception {
        try (KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness = harness()) {
            List<RowChange> life = List.of(
                    deal(1, "open", NOON.plusSeconds(1)),
                    deal(2, "open", NOON.plus(Duration.ofDays(1))),
                    deal(2, "won", NOON.plus(Duration.ofDays(2))),
                    deal(2, "open", NOON.plus(Duration.ofDays(3))),
                    deal(3, "lost", NOON.plus(Duration.ofDays(20))));
            for (RowChange change : life) {
                harness.processWatermark(change.committedAt() - 1);
                harness.processElement(EntityChange.ofOwnRow(change), change.committedAt());
                assertThat(harness.numEventTimeTimers()).isEqualTo(1);
            }
            Instant end = NOON.plus(Duration.ofDays(40));
            harness.processWatermark(end.toEpochMilli() - 1);
            harness.processElement(
                    EntityChange.ofOwnRow(RowChange.deletion(CrmTable.DEALS, 1, end.toEpochMilli())),
                    end.toEpochMilli());
            // For a while it may be restored under its id, and then its visits are numbered on.
            Instant forgotten = end.plus(Duration.ofDays(KpiSettings.DEFAULTS.freezeDays()));
            harness.processWatermark(forgotten.toEpochMilli() - 1);
            assertThat(harness.numKeyedStateEntries()).isEqualTo(1);
            harness.processWatermark(forgotten.toEpochMilli());
            assertNothingIsLeft(harness);
        }
    }

    @Test
    void aVisitThatIsHistoryLeavesTheStateAndItsRowStays() throws Exception {
        try (KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness = harness()) {
            int size = stateOf(harness);
            for (int stage = 1; stage <= 20; stage++) {
                Instant at = NOON.plus(Duration.ofHours(stage));
                harness.processElement(EntityChange.ofOwnRow(deal(stage, "open", at)), at.toEpochMilli());
            }
            int visits = stateOf(harness) - size;
            Instant history = NOON.plus(Duration.ofDays(KpiSettings.DEFAULTS.freezeDays() + 1));
            harness.processWatermark(history.toEpochMilli());
            assertThat(stateOf(harness) - size).isLessThan(visits / 5);
            assertThat(harness.getSideOutput(EntityFunction.ROWS))
                    .extracting(StreamRecord::getValue)
                    .filteredOn(row -> row.table().equals("crm_deal_stage_history"))
                    .noneMatch(TableRow::isGone);
        }
    }

    private static int stateOf(KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness)
            throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        harness.getOperator().setCurrentKey(new EntityId(EntityKind.DEAL, 1));
        Packed<EntityState> deal = harness.getOperator()
                .<EntityId>getKeyedStateBackend()
                .getPartitionedState(VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, StateDescriptors.ENTITY)
                .value();
        if (deal != null) {
            EntityStateSerializer.INSTANCE.serialize(deal, out);
        }
        return out.length();
    }

    private static EntityChange ofPipeline(RowChange change) {
        return new EntityChange(new EntityId(EntityKind.PIPELINE, 7), change);
    }

    @Test
    void aPipelineWithItsStages() throws Exception {
        try (KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness = harness()) {
            long at = NOON.toEpochMilli() + 1;
            List<EntityChange> life = List.of(
                    ofPipeline(RowChange.of(new Stage(1, 7, "Intake", 1), at)),
                    ofPipeline(RowChange.of(new Pipeline(7, "mrdj", "Sales"), at)),
                    ofPipeline(RowChange.of(new Stage(2, 7, "Proposal", 2), at)),
                    ofPipeline(RowChange.of(new Pipeline(7, "mrdj", "Events"), at)),
                    ofPipeline(RowChange.deletion(CrmTable.PIPELINES, 7, at)),
                    ofPipeline(RowChange.deletion(CrmTable.PIPELINE_STAGES, 2, at)),
                    ofPipeline(RowChange.deletion(CrmTable.PIPELINE_STAGES, 1, at)));
            for (EntityChange change : life) {
                harness.processElement(change, at);
            }
            assertNothingIsLeft(harness);
        }
    }
}
