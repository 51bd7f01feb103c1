package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriters;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When rows are written, on a real PostgreSQL, and that KPI time goes on behind them. */
@SuppressWarnings("NullAway.Init") // set before each test
class WriteOperatorTest {

    /** 2026-11-22 12:00:00 UTC. */
    private static final long NOON = 1_795_348_800_000L;

    private static final int WRITERS = 1;

    private TestDatabase database;
    private Connection connection;
    private OneInputStreamOperatorTestHarness<TableRow, Long> harness;

    @BeforeEach
    void open() throws Exception {
        database = TestDatabase.create();
        connection = database.connect();
        harness = harness(WRITERS, 0);
        begin();
    }

    /** KPI time begins at noon. */
    private void begin() throws Exception {
        harness.open();
        harness.processWatermark(NOON - 1);
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
        connection.close();
    }

    private OneInputStreamOperatorTestHarness<TableRow, Long> harness(int writers, int writer) throws Exception {
        return harness(KpiSettings.DEFAULTS, writers, writer);
    }

    private OneInputStreamOperatorTestHarness<TableRow, Long> harness(KpiSettings settings, int writers, int writer)
            throws Exception {
        OneInputStreamOperatorTestHarness<TableRow, Long> made = new OneInputStreamOperatorTestHarness<>(
                new WriteOperatorFactory(new KpiWriters(TestDatabase.kpi(database.url()), settings, "test"), 20),
                8,
                writers,
                writer);
        made.setup(Types.LONG.createSerializer(new SerializerConfigImpl()));
        return made;
    }

    private void restart(OperatorSubtaskState saved) throws Exception {
        restart(saved, KpiSettings.DEFAULTS);
    }

    private void restart(OperatorSubtaskState saved, KpiSettings settings) throws Exception {
        harness.close();
        harness = harness(settings, WRITERS, 0);
        harness.initializeState(saved);
        begin();
    }

    private static TableRow row(String channel, long count, long asOf) {
        return new TableRow(
                "crm_activity_channels", List.of("mrdj", channel), Arrays.asList(count, count, 0L, null), asOf);
    }

    private static TableRow gone(String channel, long asOf) {
        return new TableRow("crm_activity_channels", List.of("mrdj", channel), null, asOf);
    }

    private void send(TableRow row) throws Exception {
        harness.processElement(row, row.asOf());
    }

    private String held() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT string_agg(activity_type || activities_total, ' ' ORDER BY activity_type)
                        FROM crm_kpi.crm_activity_channels""")) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    /** Does what the writer's thread has left for the task's, until KPI time has come out. */
    private void awaitKpiTime(long kpiTime) throws Exception {
        until(() -> harness.getOutput().contains(new Watermark(kpiTime)));
    }

    private void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("not within 30 s").isLessThan(deadline);
            Optional<Mail> mail = harness.getTaskMailbox().tryTake(0);
            if (mail.isPresent()) {
                mail.get().run();
            }
        }
    }

    @Test
    void rowsAreWrittenWhenKpiTimeHasPassedThemAndItGoesOnBehindThem() throws Exception {
        send(row("call", 1, NOON + 20));
        send(row("call", 2, NOON + 40));
        send(row("mail", 1, NOON + 60));
        harness.processWatermark(NOON + 59);
        assertThat(harness.getOutput()).isEmpty();
        awaitKpiTime(NOON + 40);
        assertThat(held()).isEqualTo("call2");
        harness.processWatermark(NOON + 60);
        awaitKpiTime(NOON + 60);
        assertThat(held()).isEqualTo("call2 mail1");
    }

    @Test
    void theFirstRowsAreThoseOfTheFirstTick() throws Exception {
        harness.close();
        harness = harness(WRITERS, 0);
        harness.open();
        harness.processWatermark(NOON + 5);
        send(row("call", 1, NOON + 20));
        harness.processWatermark(NOON + 19);
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        assertThat(harness.getOutput()).containsExactly(new Watermark(NOON + 20));
        assertThat(held()).isEqualTo("call1");
    }

    @Test
    void withNothingToWriteKpiTimeIsWrittenEveryTwoSeconds() throws Exception {
        harness.processWatermark(NOON);
        awaitKpiTime(NOON);
        harness.processWatermark(NOON + 1_980);
        harness.processWatermark(NOON + 2_000);
        awaitKpiTime(NOON + 2_000);
        assertThat(harness.getOutput()).containsExactly(new Watermark(NOON), new Watermark(NOON + 2_000));
    }

    @Test
    void whatACheckpointDoesNotKnowToBeWrittenIsWrittenAgain() throws Exception {
        send(row("call", 1, NOON + 20));
        send(row("mail", 1, NOON + 40));
        harness.processWatermark(NOON + 20);
        // The transaction may be under way, or over, without the task knowing.
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        restart(saved);
        harness.processWatermark(NOON + 40);
        awaitKpiTime(NOON + 40);
        assertThat(held()).isEqualTo("call1 mail1");
    }

    @Test
    void afterARestoreNobodySeesWhatWasBeforeTheLastThatWasWritten() throws Exception {
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        send(row("call", 1, NOON + 20));
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        send(row("mail", 3, NOON + 2_000));
        send(gone("call", NOON + 2_000));
        harness.processWatermark(NOON + 2_000);
        awaitKpiTime(NOON + 2_000);
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    CREATE TABLE seen (activity_type text);
                    CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                      INSERT INTO seen VALUES (NEW.activity_type); RETURN NEW; END $$;
                    CREATE TRIGGER see AFTER INSERT OR UPDATE ON crm_kpi.crm_activity_channels
                    FOR EACH ROW EXECUTE FUNCTION see()""");
        }
        restart(saved);
        send(row("call", 1, NOON + 20));
        harness.processWatermark(NOON + 1_000);
        send(row("mail", 3, NOON + 2_000));
        send(gone("call", NOON + 2_000));
        harness.processWatermark(NOON + 1_999);
        harness.processWatermark(NOON + 2_000);
        awaitKpiTime(NOON + 2_000);
        assertThat(held()).isEqualTo("mail3");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM seen WHERE activity_type = 'call'")) {
            row.next();
            assertThat(row.getInt(1)).as("times that the row came back").isZero();
        }
    }

    @Test
    void aJobThatIsNewReplacesWhatIsThereAndOneThatContinuesDoesNot() throws Exception {
        send(row("call", 1, NOON + 20));
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        harness.close();
        harness = harness(WRITERS, 0);
        begin();
        send(row("mail", 1, NOON + 40));
        harness.processWatermark(NOON + 40);
        awaitKpiTime(NOON + 40);
        assertThat(held()).isEqualTo("mail1");
        restart(harness.snapshot(1, 1));
        send(row("post", 1, NOON + 60));
        harness.processWatermark(NOON + 60);
        awaitKpiTime(NOON + 60);
        assertThat(held()).isEqualTo("mail1 post1");
    }

    @Test
    void theNumberOfWritersMayChange() throws Exception {
        send(row("call", 1, NOON + 20));
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        harness.close();
        int writer = KpiWriter.shareOf("mrdj", 2);
        harness = harness(2, 1 - writer);
        harness.initializeState(saved);
        begin();
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        assertThat(held()).as("of another's share").isEqualTo("null");
        harness.close();
        harness = harness(2, writer);
        harness.initializeState(saved);
        begin();
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        assertThat(held()).isEqualTo("call1");
    }

    private static KpiSettings settings(String option, String value) {
        return Definitions.kpiSettings(Configuration.fromMap(Map.of(option, value)));
    }

    @Test
    void whatOtherSettingsDeriveReplacesWhatIsThereAtOnceAndWhenItIsComplete() throws Exception {
        send(row("call", 1, NOON + 20));
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        send(row("left over", 1, NOON + 40));
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        restart(saved, settings("kpi.window-days", "45"));
        send(row("mail", 4, NOON + 60));
        // What was written before counts until all that is new has come, also when it stops in between.
        assertThat(held()).isEqualTo("call1");
        restart(harness.snapshot(2, 2), settings("kpi.window-days", "45"));
        harness.processWatermark(NOON + 60);
        awaitKpiTime(NOON + 60);
        assertThat(held()).isEqualTo("mail4");
        restart(harness.snapshot(3, 3), settings("kpi.window-days", "45"));
        send(row("call", 5, NOON + 80));
        harness.processWatermark(NOON + 80);
        awaitKpiTime(NOON + 80);
        assertThat(held()).as("what has begun goes on").isEqualTo("call5 mail4");
    }

    @Test
    void tablesThatAreNoLongerKeptAreEmptiedAndThoseThatBothKeepGoOn() throws Exception {
        send(row("call", 1, NOON + 20));
        send(new TableRow(
                "crm_lead_funnel_daily",
                List.of("mrdj", LocalDate.of(2026, 11, 22)),
                Arrays.asList(1L, 1L, 1L, 1L, BigDecimal.ONE, 1L, 1L),
                NOON + 20));
        harness.processWatermark(NOON + 20);
        awaitKpiTime(NOON + 20);
        restart(harness.snapshot(1, 1), settings("kpi.groups", "leads"));
        harness.processWatermark(NOON + 2_040);
        awaitKpiTime(NOON + 2_040);
        assertThat(held()).isEqualTo("null");
        assertThat(number("SELECT count(*) FROM crm_kpi.crm_lead_funnel_daily")).isEqualTo(1);
        assertThat(number("SELECT cardinality(tables) FROM crm_kpi.crm_kpi_progress"))
                .isEqualTo(4);
        restart(harness.snapshot(2, 2));
        send(row("mail", 2, NOON + 2_100));
        harness.processWatermark(NOON + 2_100);
        awaitKpiTime(NOON + 2_100);
        assertThat(held()).isEqualTo("mail2");
    }

    private int number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    void aTableThatAnotherJobKeepsIsRefusedForGood() throws Exception {
        KpiWriters others =
                new KpiWriters(TestDatabase.kpi(database.url()), settings("kpi.groups", "activity"), "other");
        try (KpiWriter other = others.of(0, 1)) {
            assertThatThrownBy(other::open)
                    .hasMessageContainingAll("'test'", "crm_activity_channels", "kpi.groups", "DELETE FROM");
        }
        harness.close();
        try (Statement statement = connection.createStatement()) {
            statement.execute("DELETE FROM crm_kpi.crm_kpi_progress WHERE pipeline = 'test'");
        }
        try (KpiWriter other = others.of(0, 1)) {
            other.open();
            harness = harness(WRITERS, 0);
            assertThatThrownBy(harness::open)
                    .isInstanceOf(SuppressRestartsException.class)
                    .hasStackTraceContaining("kpi.pipeline-name 'other'");
            harness.close();
            harness = harness(settings("kpi.groups", "pipeline,leads"), WRITERS, 0);
            harness.open();
        }
    }

    @Test
    void aWriterThatIsSupersededEndsTheTask() throws Exception {
        harness.processWatermark(NOON);
        awaitKpiTime(NOON);
        try (KpiWriter successor = TestDatabase.writer(database.url(), 0, 1)) {
            successor.open();
            send(row("call", 1, NOON + 20));
            harness.processWatermark(NOON + 20);
            assertThatThrownBy(() -> awaitKpiTime(NOON + 20)).hasMessageContaining("has been superseded");
        }
        assertThat(held()).isEqualTo("null");
    }
}
