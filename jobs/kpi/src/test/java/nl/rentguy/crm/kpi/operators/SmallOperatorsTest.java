package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Delta;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SmallOperatorsTest {

    private static Delta delta(String tenant, long at, long amount) {
        return new Delta(
                new Cell(new Cell.Group("kpi", List.of(tenant)), List.of()), at, new Amounts(new long[] {amount}));
    }

    @Test
    void deltasOfACellAndTickAreSentAsOneBeforeTheWatermark() throws Exception {
        try (OneInputStreamOperatorTestHarness<Delta, Delta> harness =
                new OneInputStreamOperatorTestHarness<>(new CombineOperator(20))) {
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
        CombineOperator operator = new CombineOperator(20);
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
    void aStageLeavesItsOldPipelineWhenItMovesAndItsLastWhenItIsDeleted() throws Exception {
        try (KeyedOneInputStreamOperatorTestHarness<Long, RowChange, EntityChange> harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new KeyedProcessOperator<>(new ParentFunction()), RowChange::id, Types.LONG)) {
            harness.open();
            RowChange first = RowChange.of(new Stage(5, 1, "Intake", 1), 10);
            RowChange renamed = RowChange.of(new Stage(5, 1, "Start", 1), 20);
            RowChange moved = RowChange.of(new Stage(5, 2, "Start", 1), 30);
            RowChange deleted = RowChange.deletion(CrmTable.PIPELINE_STAGES, 5, 40);
            for (RowChange change : List.of(first, renamed, moved, deleted)) {
                harness.processElement(change, 0);
            }
            assertThat(harness.extractOutputValues())
                    .containsExactly(
                            new EntityChange(1, first),
                            new EntityChange(1, renamed),
                            new EntityChange(1, RowChange.deletion(CrmTable.PIPELINE_STAGES, 5, 30)),
                            new EntityChange(2, moved),
                            new EntityChange(2, deleted));
            assertThat(harness.numKeyedStateEntries()).isZero();
        }
    }

    @Test
    void namesOfStateArePinned() {
        assertThat(List.of(
                        StateDescriptors.PARENT.getName(),
                        StateDescriptors.LINES.getName(),
                        StateDescriptors.PENDING.getName(),
                        StateDescriptors.PUBLISHED.getName(),
                        StateDescriptors.COMMIT_CLOCK.getName(),
                        StateDescriptors.LIVE.getName(),
                        StateDescriptors.DEFINITION.getName(),
                        StateDescriptors.PENDING_ROWS.getName(),
                        StateDescriptors.WRITERS.getName(),
                        StateDescriptors.entity(StreamTypes.RUN).getName()))
                .containsExactly(
                        "parent",
                        "lines",
                        "pending",
                        "published",
                        "commit-clock",
                        "live",
                        "definition",
                        "pending-rows",
                        "writers",
                        "entity");
    }
}
