package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.store.Sweep;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When progress is reported, and when leftovers are swept, on a real PostgreSQL. */
@SuppressWarnings("NullAway.Init") // set before each test
class ProgressOperatorTest {

    /** 2026-11-22 12:00:00 UTC. */
    private static final long NOON = 1_795_348_800_000L;

    private TestDatabase database;
    private Connection connection;
    private OneInputStreamOperatorTestHarness<Long, Long> harness;

    @BeforeEach
    void open() throws Exception {
        database = TestDatabase.create();
        connection = database.connect();
        execute(
                "INSERT INTO crm_kpi.crm_automation_sla VALUES ('mrdj', 'old', '2026-11-01', 1,1,0,0,0,0,0, 1,1,1, 0,0,10, '2026-11-22 11:59:00Z', 1, 60, 1, NULL)");
        execute(
                "INSERT INTO crm_kpi.crm_automation_sla VALUES ('mrdj', 'new', '2026-11-01', 1,1,0,0,0,0,0, 1,1,1, 0,0,10, '2026-11-22 12:00:00.020Z', 1, 60, 1, NULL)");
        execute(
                "INSERT INTO crm_kpi.crm_automation_sla VALUES ('mrdj', 'frozen', '2025-10-18', 1,1,0,0,0,0,0, 1,1,1, 0,0,10, '2026-11-22 11:59:00Z', 1, 60, 1, NULL)");
        harness = harness(database.url());
        harness.open();
        harness.setProcessingTime(NOON);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
        connection.close();
    }

    private static OneInputStreamOperatorTestHarness<Long, Long> harness(String url) throws Exception {
        Sweep sweep = new Sweep(
                KpiSettings.DEFAULTS,
                Database.kpi(JobConfig.load(null, Map.of(), List.of("kpi.jdbc-url=" + url, "kpi.username=postgres"))));
        OneInputStreamOperatorTestHarness<Long, Long> harness =
                new OneInputStreamOperatorTestHarness<>(new ProgressOperator(new Cadence(20, 60_000), sweep));
        harness.setup(Types.LONG.createSerializer(new SerializerConfigImpl()));
        return harness;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String workflows() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT string_agg(workflow_id, ' ' ORDER BY workflow_id) FROM crm_kpi.crm_automation_sla")) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    private OperatorSubtaskState checkpoint(long id) throws Exception {
        OperatorSubtaskState state = harness.snapshot(id, id);
        harness.notifyOfCompletedCheckpoint(id);
        return state;
    }

    @Test
    void leftoversAreSweptOnceEverythingIsCertainlyWritten() throws Exception {
        checkpoint(1);
        assertThat(workflows()).as("before KPI time").isEqualTo("frozen new old");
        harness.processWatermark(NOON);
        checkpoint(2);
        assertThat(workflows()).as("before the first tick is published").isEqualTo("frozen new old");
        harness.processWatermark(NOON + 1_000);
        assertThat(workflows()).as("before the checkpoint").isEqualTo("frozen new old");
        checkpoint(3);
        assertThat(workflows()).isEqualTo("frozen new");
    }

    /** As the first watermark of all tasks is the smallest of those that they have reached by then. */
    @Test
    void whatATaskPublishedBeforeItsNeighbourBeganIsNoLeftover() throws Exception {
        harness.processElement(NOON + 20, NOON + 20);
        harness.processElement(NOON + 40, NOON + 40);
        OperatorSubtaskState saved = checkpoint(1);
        harness.close();
        harness = harness(database.url());
        harness.initializeState(saved);
        harness.open();
        harness.setProcessingTime(NOON);
        harness.processWatermark(NOON + 500);
        harness.processWatermark(NOON + 1_000);
        checkpoint(2);
        assertThat(workflows()).isEqualTo("frozen new");
    }

    @Test
    void ofDealsThatAreGoneTheHistoryStaysAndTellsSo() throws Exception {
        execute("""
                INSERT INTO crm_kpi.crm_deal_stage_history VALUES
                  ('mrdj', 7, 1, 1, 5, '2026-11-01Z', '2026-11-02Z', NULL, 10, 'EUR', 'moved', '2026-11-22 11:59:00Z'),
                  ('mrdj', 7, 2, 1, 6, '2026-11-02Z', NULL, NULL, 10, 'EUR', NULL, '2026-11-22 11:59:00Z'),
                  ('mrdj', 8, 1, 1, 6, '2026-11-02Z', NULL, NULL, 10, 'EUR', NULL, '2026-11-22 12:00:00.020Z')""");
        harness.processWatermark(NOON);
        harness.processWatermark(NOON + 1_000);
        checkpoint(1);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT string_agg(concat_ws(' ', deal_id, visit, outcome, left_at AT TIME ZONE 'UTC'), ', ' ORDER BY deal_id, visit)
                        FROM crm_kpi.crm_deal_stage_history""")) {
            row.next();
            assertThat(row.getString(1))
                    .isEqualTo("7 1 moved 2026-11-02 00:00:00, 7 2 deleted 2026-11-22 12:00:00.02, 8 1");
        }
    }

    @Test
    void aJobThatContinuesDoesNotSweep() throws Exception {
        harness.processWatermark(NOON);
        harness.processWatermark(NOON + 1_000);
        checkpoint(1);
        OperatorSubtaskState saved = checkpoint(2);
        execute("UPDATE crm_kpi.crm_automation_sla SET as_of = '2026-11-22 11:00:00Z'");
        harness.close();
        harness = harness(database.url());
        harness.initializeState(saved);
        harness.open();
        harness.setProcessingTime(NOON);
        harness.processWatermark(NOON + 2_000);
        checkpoint(3);
        assertThat(workflows()).isEqualTo("frozen new");
    }

    @Test
    void aSweepThatFailsIsTriedAgain() throws Exception {
        execute("ALTER TABLE crm_kpi.crm_automation_sla RENAME TO elsewhere");
        harness.processWatermark(NOON);
        harness.processWatermark(NOON + 1_000);
        checkpoint(1);
        execute("ALTER TABLE crm_kpi.elsewhere RENAME TO crm_automation_sla");
        checkpoint(2);
        assertThat(workflows()).isEqualTo("frozen new");
    }

    @Test
    void progressIsReportedOnceASecondAndOnlyAsFarAsRowsArePublished() throws Exception {
        harness.processWatermark(NOON);
        assertThat(harness.extractOutputValues()).isEmpty();
        harness.processWatermark(NOON + 39);
        harness.processWatermark(NOON + 500);
        harness.processWatermark(NOON + 1_119);
        assertThat(harness.extractOutputValues()).containsExactly(NOON + 20, NOON + 1_100);
        harness.setProcessingTime(NOON + 120_000);
        harness.processWatermark(NOON + 2_999);
        assertThat(harness.extractOutputValues()).endsWith(NOON + 2_000);
    }
}
