package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import nl.rentguy.crm.kpi.kpi.Kpis;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which rows are published when, and that a key whose sums are gone leaves nothing. */
@SuppressWarnings("NullAway.Init") // set before each test
class AccumulateFunctionTest {

    private static final long TICK = 20;
    private static final long MINUTE = 60_000;
    private static final long NOW = Instant.parse("2026-11-22T12:00:00Z").toEpochMilli();
    private static final KpiTable<?> VELOCITY =
            new Kpis(KpiSettings.DEFAULTS).named("crm_pipeline_velocity").table();
    private static final Cell.Group STAGE_5 = new Cell.Group(VELOCITY.name(), List.of("mrdj", "5"));
    private static final List<String> NAMED = List.of("stage", "1", "Sales", "Intake", "1");
    private static final int SLOTS = 24;

    private KeyedOneInputStreamOperatorTestHarness<Cell.Group, Delta, Long> harness;

    @BeforeEach
    void open() throws Exception {
        harness = harness(NOW);
        harness.open();
        harness.setProcessingTime(NOW);
    }

    private static KeyedOneInputStreamOperatorTestHarness<Cell.Group, Delta, Long> harness(long opensAt)
            throws Exception {
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new KeyedProcessOperator<>(
                        new AccumulateFunction(KpiSettings.DEFAULTS, new Cadence(TICK, MINUTE), () -> opensAt)),
                delta -> delta.cell().group(),
                StreamTypes.GROUP);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private void add(List<String> line, long count, long at) throws Exception {
        long[] sums = new long[SLOTS];
        sums[0] = count;
        harness.processElement(new Delta(new Cell(STAGE_5, line), at, new Amounts(sums)), at);
    }

    private List<Row> rows() {
        Queue<StreamRecord<Row>> output = harness.getSideOutput(AccumulateFunction.rowsOf(VELOCITY));
        List<Row> rows = new ArrayList<>();
        if (output != null) {
            output.forEach(row -> rows.add(row.getValue()));
            output.clear();
        }
        return rows;
    }

    private static Instant asOf(Row row) {
        return (Instant) row.getField(row.getArity() - 1);
    }

    @Test
    void theFirstTickThatATaskPublishesIsToldAheadOfTheWatermark() throws Exception {
        add(NAMED, 1, NOW + 21);
        harness.processWatermark(NOW + 20);
        add(NAMED, 1, NOW + 41);
        harness.processWatermark(NOW + 80);
        assertThat(harness.getOutput())
                .containsExactly(
                        new Watermark(NOW + 20), new StreamRecord<>(NOW + 40, NOW + 40), new Watermark(NOW + 80));
    }

    @Test
    void aKeyIsPublishedOncePerTickWithAllOfItsDeltas() throws Exception {
        add(NAMED, 1, NOW + 1);
        add(List.of("deals", "EUR"), 2, NOW + 3);
        add(List.of("deals", "EUR"), 3, NOW + 20);
        add(List.of("deals", "EUR"), 100, NOW + 21);
        harness.processWatermark(NOW + 20);
        assertThat(rows()).singleElement().satisfies(row -> {
            assertThat(row.getField(7)).as("deal_count").isEqualTo(5L);
            assertThat(asOf(row)).isEqualTo(Instant.ofEpochMilli(NOW + 20));
        });
    }

    @Test
    void nothingIsPublishedBeforeThereIsKpiTime() throws Exception {
        add(NAMED, 1, NOW);
        assertThat(rows()).isEmpty();
        assertThat(harness.numEventTimeTimers()).isEqualTo(1);
    }

    @Test
    void aStageThatIsDeletedTakesItsRowsAlongAndLeavesNoState() throws Exception {
        add(NAMED, 1, NOW);
        add(List.of("deals", "USD"), 1, NOW);
        harness.processWatermark(NOW);
        assertThat(rows()).extracting(Row::getKind).containsExactly(RowKind.INSERT);
        add(NAMED, -1, NOW + 1);
        add(List.of("deals", "USD"), -1, NOW + 1);
        harness.processWatermark(NOW + TICK);
        assertThat(rows()).singleElement().satisfies(row -> {
            assertThat(row.getKind()).isEqualTo(RowKind.DELETE);
            assertThat(row.getField(0)).isEqualTo("mrdj");
            assertThat(row.getField(3)).isEqualTo("USD");
        });
        assertThat(harness.numKeyedStateEntries()).isZero();
        // The refresh that is set fires once more, finds nothing and sets no other.
        harness.processWatermark(NOW + MINUTE);
        assertThat(rows()).isEmpty();
        assertThat(harness.numEventTimeTimers()).isZero();
    }

    @Test
    void theFirstDealInAnotherCurrencyReplacesTheRowOfZeros() throws Exception {
        add(NAMED, 1, NOW);
        harness.processWatermark(NOW);
        assertThat(rows()).extracting(row -> row.getField(3)).containsExactly("EUR");
        add(List.of("deals", "USD"), 1, NOW + 1);
        harness.processWatermark(NOW + TICK);
        assertThat(rows())
                .extracting(row -> row.getKind() + " " + row.getField(3))
                .containsExactlyInAnyOrder("INSERT USD", "DELETE EUR");
    }

    @Test
    void rowsWithAgesArePublishedAgainEachMinute() throws Exception {
        add(NAMED, 1, NOW);
        add(List.of("deals", "EUR"), 1, NOW);
        harness.processWatermark(NOW);
        rows();
        harness.setProcessingTime(NOW + 2 * MINUTE);
        harness.processWatermark(NOW + MINUTE);
        harness.processWatermark(NOW + 2 * MINUTE);
        assertThat(rows())
                .extracting(AccumulateFunctionTest::asOf)
                .containsExactly(Instant.ofEpochMilli(NOW + MINUTE), Instant.ofEpochMilli(NOW + 2 * MINUTE));
    }

    @Test
    void whileABacklogIsWorkedOffRowsArePublishedOncePerSecond() throws Exception {
        harness.setProcessingTime(NOW + 90_000);
        add(NAMED, 1, NOW + 20);
        add(List.of("deals", "EUR"), 1, NOW + 40);
        add(List.of("deals", "EUR"), 1, NOW + 900);
        harness.processWatermark(NOW + 5_000);
        assertThat(rows()).singleElement().satisfies(row -> {
            assertThat(asOf(row)).isEqualTo(Instant.ofEpochMilli(NOW + 1_000));
            assertThat(row.getField(7)).isEqualTo(2L);
        });
    }

    @Test
    void aRowThatComesAndGoesBetweenTwoPublicationsOfABacklogIsDeletedAllTheSame() throws Exception {
        // Before a failure it may have been published; the table still has it then, and the restored state does not
        // know.
        add(NAMED, 1, NOW);
        harness.processWatermark(NOW);
        rows();
        harness.setProcessingTime(NOW + 90_000);
        add(List.of("deals", "USD"), 1, NOW + 100);
        add(List.of("deals", "USD"), -1, NOW + 500);
        harness.processWatermark(NOW + 1_000);
        assertThat(rows())
                .extracting(row -> row.getKind() + " " + row.getField(3))
                .containsExactlyInAnyOrder("INSERT EUR", "DELETE USD");
    }

    @Test
    void aTickIsNeverBeforeTheLastOneThatWasPublishedEvenAfterARestore() throws Exception {
        add(NAMED, 1, NOW);
        harness.processWatermark(NOW);
        rows();
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        harness.close();
        harness = harness(NOW);
        harness.initializeState(saved);
        harness.open();
        harness.setProcessingTime(NOW);
        // The clock of the CRM was set back by two seconds.
        add(List.of("deals", "EUR"), 1, NOW - 2_000);
        harness.processWatermark(NOW - 1_000);
        assertThat(rows()).isEmpty();
        harness.processWatermark(NOW + TICK);
        assertThat(rows()).extracting(AccumulateFunctionTest::asOf).containsExactly(Instant.ofEpochMilli(NOW + TICK));
    }

    @Test
    void afterARestoreNothingIsPublishedBeforeItsMoment() throws Exception {
        add(NAMED, 1, NOW);
        harness.processWatermark(NOW);
        rows();
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        // What follows was published before a failure, too, and is replayed.
        harness.close();
        harness = harness(NOW + 10_000);
        harness.initializeState(saved);
        harness.open();
        harness.setProcessingTime(NOW + 10_000);
        add(List.of("deals", "USD"), 1, NOW + 1_000);
        harness.processWatermark(NOW + 1_000);
        add(List.of("deals", "USD"), -1, NOW + 2_000);
        harness.processWatermark(NOW + 9_000);
        assertThat(rows()).isEmpty();
        harness.processWatermark(NOW + 10_000);
        assertThat(rows())
                .extracting(row ->
                        row.getKind() + " " + row.getField(3) + " " + asOf(row).toEpochMilli())
                .containsExactlyInAnyOrder("INSERT EUR " + (NOW + 10_000), "DELETE USD " + (NOW + 10_000));
    }

    @Test
    void aDayThatIsFrozenLeavesNoStateAndItsRowIsNotDeleted() throws Exception {
        KpiTable<?> sla =
                new Kpis(KpiSettings.DEFAULTS).named("crm_automation_sla").table();
        long frozen =
                KpiSettings.DEFAULTS.frozenAt(LocalDate.parse("2026-11-22")).toEpochMilli();
        Cell.Group day = new Cell.Group(sla.name(), List.of("mrdj", "welcome", "2026-11-22"));
        long[] one = {1, 1, 0, 0, 0, 0, 1, 0, 0, 0};
        Amounts run = new Amounts(one);
        harness.processElement(new Delta(new Cell(day, List.of()), NOW, run), NOW);
        harness.processWatermark(NOW);
        harness.processElement(new Delta(new Cell(day, List.of()), frozen, run.negated()), frozen);
        harness.setProcessingTime(frozen);
        harness.processWatermark(frozen);
        assertThat(harness.getSideOutput(AccumulateFunction.rowsOf(sla)))
                .extracting(row -> row.getValue().getKind())
                .containsExactly(RowKind.INSERT);
        assertThat(harness.numKeyedStateEntries()).isZero();
        assertThat(harness.numEventTimeTimers()).isZero();
    }
}
