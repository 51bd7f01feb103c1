package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Measures;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SmallOperatorsTest {

    private static Delta delta(String tenant, long at, long amount) {
        return new Delta(
                new AccumulatorKey(new AggregateKey("kpi", List.of(tenant)), List.of()),
                at,
                new Measures(new long[] {amount}));
    }

    @Test
    void deltasOfAnAccumulatorAndTickAreSentAsOneBeforeTheWatermark() throws Exception {
        try (OneInputStreamOperatorTestHarness<Delta, Delta> harness =
                new OneInputStreamOperatorTestHarness<>(new PreAggregateOperator(20))) {
            harness.setup(StreamTypes.DELTA.createSerializer(new SerializerConfigImpl()));
            harness.open();
            harness.processElement(delta("a", 1, 1), 0);
            harness.processElement(delta("a", 20, 2), 0);
            harness.processElement(delta("a", 21, 4), 0);
            harness.processElement(delta("b", 2, 8), 0);
            harness.processElement(delta("c", 3, 16), 0);
            harness.processElement(delta("c", 4, -16), 0);
            assertThat(harness.extractOutputValues()).isEmpty();
            harness.processWatermark(0);
            assertThat(harness.extractOutputValues())
                    .containsExactlyInAnyOrder(delta("a", 20, 3), delta("a", 40, 4), delta("b", 20, 8));
        }
    }

    @Test
    void deltasAreSentBeforeACheckpoint() throws Exception {
        PreAggregateOperator operator = new PreAggregateOperator(20);
        try (OneInputStreamOperatorTestHarness<Delta, Delta> harness =
                new OneInputStreamOperatorTestHarness<>(operator)) {
            harness.setup(StreamTypes.DELTA.createSerializer(new SerializerConfigImpl()));
            harness.open();
            harness.processElement(delta("a", 1, 1), 0);
            operator.prepareSnapshotPreBarrier(1);
            assertThat(harness.extractOutputValues()).containsExactly(delta("a", 20, 1));
        }
    }

    @Test
    void namesOfStateArePinned() {
        assertThat(List.of(
                        StateDescriptors.AGGREGATE.getName(),
                        StateDescriptors.COMMIT_CLOCK.getName(),
                        StateDescriptors.BEGIN.getName(),
                        StateDescriptors.DEFINITION.getName(),
                        StateDescriptors.PENDING_ROWS.getName(),
                        StateDescriptors.WRITERS.getName(),
                        StateDescriptors.ENTITY.getName()))
                .containsExactly(
                        "aggregate", "commit-clock", "begin", "definition", "pending-rows", "writers", "entity");
    }
}
