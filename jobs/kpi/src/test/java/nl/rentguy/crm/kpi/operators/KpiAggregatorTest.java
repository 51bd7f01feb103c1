package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Measures;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which rows are published when, and that a key whose sums are gone leaves nothing. */
@SuppressWarnings("NullAway.Init") // set before each test
class KpiAggregatorTest {

    private static final long TICK = 20;
    private static final long MINUTE = 60_000;
    private static final long NOW = Instant.parse("2026-11-22T12:00:00Z").toEpochMilli();
    private static final KpiTable<?> VELOCITY =
            new Kpis(KpiSettings.DEFAULTS).named("crm_pipeline_velocity").table();
    private static final AggregateKey STAGE_5 = new AggregateKey(VELOCITY.name(), List.of("mrdj", "5"));
    private static final List<String> NAMED = List.of("stage", "1", "Sales", "Intake", "1");
    private static final int LAYOUT = 24;

    private KeyedOneInputStreamOperatorTestHarness<AggregateKey, Delta, TableRow> harness;

    @BeforeEach
    void open() throws Exception {
        harness = harness(KpiSettings.DEFAULTS);
        harness.open();
    }

    private static KeyedOneInputStreamOperatorTestHarness<AggregateKey, Delta, TableRow> harness(KpiSettings settings)
            throws Exception {
        KeyedOneInputStreamOperatorTestHarness<AggregateKey, Delta, TableRow> harness =
                new KeyedOneInputStreamOperatorTestHarness<>(
                        new SavedKeysOperator<>(new KpiAggregator(settings, new EmitPolicy(TICK, MINUTE))),
                        delta -> delta.key().aggregate(),
                        StreamTypes.AGGREGATE_KEY);
        harness.setup(StreamTypes.TABLE_ROW.createSerializer(new SerializerConfigImpl()));
        return harness;
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private void add(List<String> bucket, long count, long at) throws Exception {
        long[] sums = new long[LAYOUT];
        sums[0] = count;
        harness.processElement(new Delta(new AccumulatorKey(STAGE_5, bucket), at, new Measures(sums)), at);
    }

    private List<TableRow> rows() {
        List<TableRow> rows = harness.extractOutputValues();
        harness.getOutput().clear();
        return rows;
    }

    private static String told(TableRow row) {
        return (row.isGone() ? "no " : "") + row.key().get(3) + " at " + (row.asOf() - NOW);
    }

    private static @Nullable Object dealCount(TableRow row) {
        return Objects.requireNonNull(row.values()).get(3);
    }

    @Test
    void aKeyIsPublishedOncePerTickWithAllOfItsDeltas() throws Exception {
        add(NAMED, 1, NOW + 1);
        add(List.of("deals", "EUR"), 2, NOW + 3);
        add(List.of("deals", "EUR"), 3, NOW + 20);
        add(List.of("deals", "EUR"), 100, NOW + 21);
        harness.processWatermark(NOW + 20);
        assertThat(rows()).singleElement().satisfies(row -> {
            assertThat(dealCount(row)).isEqualTo(5L);
            assertThat(row.asOf()).isEqualTo(NOW + 20);
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
        assertThat(rows()).extracting(KpiAggregatorTest::told).containsExactly("USD at 0");
        add(NAMED, -1, NOW + 1);
        add(List.of("deals", "USD"), -1, NOW + 1);
        harness.processWatermark(NOW + TICK);
        assertThat(rows()).extracting(KpiAggregatorTest::told).containsExactly("no USD at 20");
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
        assertThat(rows()).extracting(KpiAggregatorTest::told).containsExactly("EUR at 0");
        add(List.of("deals", "USD"), 1, NOW + 1);
        harness.processWatermark(NOW + TICK);
        assertThat(rows()).extracting(KpiAggregatorTest::told).containsExactlyInAnyOrder("USD at 20", "no EUR at 20");
    }

    @Test
    void rowsWithAgesArePublishedAgainEachMinute() throws Exception {
        add(NAMED, 1, NOW);
        add(List.of("deals", "EUR"), 1, NOW);
        harness.processWatermark(NOW);
        rows();
        harness.processWatermark(NOW + MINUTE);
        harness.processWatermark(NOW + 2 * MINUTE);
        assertThat(rows()).extracting(TableRow::asOf).containsExactly(NOW + MINUTE, NOW + 2 * MINUTE);
    }

    @Test
    void eachTickOfABacklogIsPublishedByItself() throws Exception {
        add(NAMED, 1, NOW + 20);
        add(List.of("deals", "USD"), 1, NOW + 40);
        add(List.of("deals", "USD"), -1, NOW + 900);
        harness.processWatermark(NOW + 5_010);
        assertThat(rows())
                .extracting(KpiAggregatorTest::told)
                .containsExactly("EUR at 20", "USD at 40", "no EUR at 40", "EUR at 900", "no USD at 900");
    }

    @Test
    void aDayThatIsFrozenLeavesNoStateAndItsRowIsNotDeleted() throws Exception {
        KpiTable<?> sla =
                new Kpis(KpiSettings.DEFAULTS).named("crm_automation_sla").table();
        long frozen =
                KpiSettings.DEFAULTS.frozenAt(LocalDate.parse("2026-11-22")).toEpochMilli();
        AggregateKey day = new AggregateKey(sla.name(), List.of("mrdj", "welcome", "2026-11-22"));
        long[] one = {1, 1, 0, 0, 0, 0, 1, 0, 0, 0};
        Measures run = new Measures(one);
        harness.processElement(new Delta(new AccumulatorKey(day, List.of()), NOW, run), NOW);
        harness.processWatermark(NOW);
        harness.processElement(new Delta(new AccumulatorKey(day, List.of()), frozen, run.negated()), frozen);
        harness.processWatermark(frozen);
        assertThat(rows()).extracting(TableRow::isGone).containsExactly(false);
        assertThat(harness.numKeyedStateEntries()).isZero();
        assertThat(harness.numEventTimeTimers()).isZero();
    }

    private void restore(String option, String value) throws Exception {
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        harness.close();
        harness = harness(Definitions.kpiSettings(Configuration.fromMap(Map.of(option, value))));
        harness.initializeState(saved);
        harness.open();
    }

    @Test
    void sumsThatOtherSettingsMadeAreLetGo() throws Exception {
        add(NAMED, 1, NOW);
        add(List.of("deals", "EUR"), 7, NOW);
        harness.processWatermark(NOW);
        add(List.of("deals", "EUR"), 1, NOW + 1);
        rows();
        restore("kpi.window-days", "45");
        assertThat(harness.numKeyedStateEntries()).isZero();
        add(NAMED, 1, NOW + TICK);
        add(List.of("deals", "EUR"), 8, NOW + TICK);
        harness.processWatermark(NOW + TICK);
        assertThat(rows()).extracting(KpiAggregatorTest::dealCount).containsExactly(8L);
    }

    @Test
    void sumsOfTablesThatAreNoLongerKeptAreLetGoAndOthersGoOn() throws Exception {
        add(NAMED, 1, NOW);
        harness.processWatermark(NOW);
        rows();
        restore("kpi.groups", "pipeline,leads");
        assertThat(harness.numKeyedStateEntries()).as("a table that is kept").isPositive();
        restore("kpi.groups", "automation");
        assertThat(harness.numKeyedStateEntries()).isZero();
        harness.processWatermark(NOW + 2 * MINUTE);
        assertThat(rows()).isEmpty();
        assertThat(harness.numEventTimeTimers()).isZero();
    }
}
