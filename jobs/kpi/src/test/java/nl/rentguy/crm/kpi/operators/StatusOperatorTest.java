package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.cdc.RowCounts;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.TwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The status is told each second, and rows are counted once. */
@SuppressWarnings("NullAway.Init") // set before each test
class StatusOperatorTest {

    private TwoInputStreamOperatorTestHarness<SourceProgress, Long, KpiStatus> harness;

    @BeforeEach
    void open() throws Exception {
        TestDatabase database = TestDatabase.create();
        try (Connection crm = database.connect();
                Statement statement = crm.createStatement()) {
            statement.execute("INSERT INTO crm_leads (tenant_id, name) SELECT 'mrdj', 'n' FROM generate_series(1, 10)");
        }
        Database crm = Database.crm(
                JobConfig.load(null, Map.of(), List.of("crm.jdbc-url=" + database.url(), "crm.username=postgres")));
        harness = new TwoInputStreamOperatorTestHarness<>(new StatusOperator(new RowCounts(crm), 5_000));
        harness.setup(StreamTypes.KPI_STATUS.createSerializer(new SerializerConfigImpl()));
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private void read(TableProgress leads) throws Exception {
        harness.processElement1(new StreamRecord<>(
                new SourceProgress(Map.of("crm_leads", leads), Map.of(), 1, System.currentTimeMillis() + 60_000)));
    }

    @Test
    void atRestItIsToldEveryFiveSecondsAndAtOnceWhenSomethingChanges() throws Exception {
        harness.setProcessingTime(100_000);
        harness.processElement1(new StreamRecord<>(
                new SourceProgress(Map.of("crm_leads", new TableProgress(8, 0, 0, 0, 0)), Map.of(), 1, 100_000)));
        harness.processWatermark2(new Watermark(100_000));
        int before = phases().size();
        for (long now = 101_000; now <= 110_000; now += 1_000) {
            harness.processElement1(new StreamRecord<>(new SourceProgress(Map.of(), Map.of(), 1, now)));
            harness.processWatermark2(new Watermark(now));
            harness.setProcessingTime(now);
        }
        assertThat(phases().subList(before, phases().size())).containsExactly(Phase.LIVE, Phase.LIVE);
        harness.processElement1(new StreamRecord<>(
                new SourceProgress(Map.of("crm_leads", new TableProgress(0, 1, 0, 0, 0)), Map.of(), 1, 110_500)));
        harness.setProcessingTime(111_000);
        assertThat(phases()).hasSize(before + 3);
    }

    private void kpiTime(long kpiTime) throws Exception {
        harness.processWatermark2(new Watermark(kpiTime));
        harness.setProcessingTime(harness.getProcessingTime() + 1_000);
    }

    private List<Phase> phases() {
        return harness.extractOutputValues().stream().map(KpiStatus::phase).toList();
    }

    private static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("not within 30 s").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void itIsToldEachSecondThoughNothingArrives() throws Exception {
        harness.setProcessingTime(10_000);
        assertThat(phases()).hasSizeGreaterThanOrEqualTo(10).containsOnly(Phase.SNAPSHOT);
    }

    @Test
    void whenTheTablesHaveMoreRowsThanWereReadTheJobEnds() throws Exception {
        read(new TableProgress(7, 1, 1, 0, 0));
        assertThatThrownBy(() -> until(() -> {
                    kpiTime(System.currentTimeMillis() + 60_000);
                    return false;
                }))
                .hasRootCauseMessage(
                        "crm_leads has 10 rows, but the snapshot and the log together gave 8: they do not see the same rows. crm-kpi doctor may say why; then start anew with a snapshot: crm-kpi run --rebuild");
    }

    @Test
    void whenTheyHaveTheSameTheJobGoesOnAndIsNotAskedAgain() throws Exception {
        read(new TableProgress(8, 3, 2, 0, 0));
        long future = System.currentTimeMillis() + 60_000;
        until(() -> {
            kpiTime(future);
            return ((StatusOperator) harness.getOperator()).isCounted();
        });
        read(new TableProgress(90, 0, 0, 0, 0));
        kpiTime(future);
        assertThat(phases()).last().isEqualTo(Phase.DEGRADED);
    }

    @Test
    void aContinuedCountIsTheSumOfAllThatWasRead() {
        SourceProgress one = new SourceProgress(
                Map.of("crm_leads", new TableProgress(1, 2, 1, 0, 1)), Map.of("crm_deals.status = Paused", 1L), 5, 7);
        SourceProgress two = new SourceProgress(
                Map.of("crm_leads", new TableProgress(0, 3, 0, 2, 0), "crm_deals", new TableProgress(4, 0, 0, 0, 0)),
                Map.of("crm_deals.status = Paused", 2L),
                6,
                6);
        SourceProgress sum = one.plus(two);
        assertThat(sum.read()).isEqualTo(10);
        assertThat(sum.refused()).isEqualTo(1);
        assertThat(sum.unknownWords()).containsEntry("crm_deals.status = Paused", 3L);
        assertThat(sum.tables().get("crm_leads")).isEqualTo(new TableProgress(1, 5, 1, 2, 1));
        assertThat(sum.position()).isEqualTo(6);
        assertThat(sum.committedAt()).as("where the log is furthest").isEqualTo(6);
    }
}
