package nl.rentguy.crm.kpi.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.cdc.RawChangeType;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A savepoint that a program of this edition has made is read by this one: all of the job but its source, which here is a list of changes.
 * {@link #main} makes the savepoint anew, which is to be done only where saved state need not be continued.
 */
@SuppressWarnings("NullAway.Init") // set before each test
class SavedStateTest {

    private static final String SAVEPOINT = "savepoint";
    private static final Instant BEGIN = Instant.parse("2026-10-01T12:00:00Z");
    private static final Duration LATER = Duration.ofDays(10);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final long FAR_IN_THE_LOG = Long.MAX_VALUE / 2;

    @TempDir
    private Path folder;

    private TestDatabase database;

    @BeforeEach
    void create() throws SQLException {
        database = TestDatabase.create();
    }

    /** Of the table's columns those that are given, in the order of name and value. */
    private static RawChange change(Operation operation, String table, Duration at, Object... columns) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < columns.length; i += 2) {
            values.put((String) columns[i], String.valueOf(columns[i + 1]));
        }
        Instant committed = BEGIN.plus(at);
        return new RawChange(
                table,
                operation,
                FAR_IN_THE_LOG + at.toMillis(),
                committed.toEpochMilli() * 1_000,
                new HashMap<>(values));
    }

    private static RawChange deal(
            Operation operation, Duration at, long id, long stage, String status, String value, Instant updated) {
        return change(
                operation,
                "crm_deals",
                at,
                "id",
                id,
                "tenant_id",
                "mrdj",
                "lead_id",
                1,
                "pipeline_id",
                1,
                "stage_id",
                stage,
                "title",
                "Wedding",
                "value",
                value,
                "currency",
                "EUR",
                "probability",
                50,
                "status",
                status,
                "created_at",
                BEGIN.minus(Duration.ofDays(3)),
                "updated_at",
                updated);
    }

    /** What the program that made the savepoint has read. */
    private static List<RawChange> first() {
        List<RawChange> changes = new ArrayList<>();
        Duration at = Duration.ZERO;
        Operation insert = Operation.INSERT;
        changes.add(change(insert, "crm_pipelines", at, "id", 1, "tenant_id", "mrdj", "name", "Events"));
        changes.add(change(insert, "crm_pipeline_stages", at, "id", 1, "pipeline_id", 1, "name", "Intake", "order", 1));
        changes.add(change(insert, "crm_pipeline_stages", at, "id", 2, "pipeline_id", 1, "name", "Offer", "order", 2));
        changes.add(
                change(insert, "crm_leads", at, "id", 1, "tenant_id", "mrdj", "source", "Google", "created_at", BEGIN));
        for (long id = 1; id <= 3; id++) {
            changes.add(deal(insert, at, id, 1, "open", "1000.00", BEGIN.minus(Duration.ofDays(2))));
        }
        changes.add(change(
                insert,
                "crm_activities",
                at,
                "id",
                1,
                "tenant_id",
                "mrdj",
                "deal_id",
                1,
                "activity_type",
                "call",
                "occurred_at",
                BEGIN));
        changes.add(change(
                insert,
                "crm_automation_runs",
                at,
                "id",
                1,
                "tenant_id",
                "mrdj",
                "deal_id",
                1,
                "workflow_id",
                "welcome",
                "status",
                "running",
                "created_at",
                BEGIN));
        changes.add(change(
                insert,
                "crm_acquisition_metrics",
                at,
                "id",
                1,
                "tenant_id",
                "mrdj",
                "source",
                "Google",
                "captured_date",
                LocalDate.of(2026, 10, 1).toEpochDay(),
                "sessions",
                100));
        Duration next = Duration.ofHours(1);
        changes.add(deal(Operation.UPDATE, next, 1, 2, "open", "1000.00", BEGIN.plus(next)));
        changes.add(deal(Operation.UPDATE, next, 2, 1, "won", "2000.00", BEGIN.plus(next)));
        changes.add(change(Operation.DELETE, "crm_deals", next, "id", 3));
        return changes;
    }

    /** What is read after it. */
    private static List<RawChange> second() {
        return List.of(deal(Operation.UPDATE, LATER, 1, 2, "open", "1500.00", BEGIN.plus(LATER)));
    }

    /** The changes, and then heartbeats, a second each. */
    private static RawChange at(List<RawChange> changes, long index) {
        if (index < changes.size()) {
            return changes.get((int) index);
        }
        RawChange last = changes.get(changes.size() - 1);
        long seconds = index - changes.size() + 1;
        return new RawChange(
                CaptureSpec.HEARTBEAT,
                Operation.UPDATE,
                last.position() + seconds,
                last.committedAtMicros() + seconds * 1_000_000,
                new HashMap<>());
    }

    private static JobGraph job(TestDatabase database, boolean isFirst, String... settings) {
        List<String> all = new ArrayList<>(List.of(
                "crm.jdbc-url=" + database.url(),
                "crm.username=postgres",
                "kpi.jdbc-url=" + database.url(),
                "kpi.username=postgres"));
        all.addAll(List.of(settings));
        Configuration runtime = KpiJob.runtime();
        runtime.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(1));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(runtime);
        env.setParallelism(1);
        // Each with a position of its own: what the first has read is not in the state of the second.
        String uid = isFirst ? "first-changes" : "second-changes";
        KpiGraph.derive(
                env.fromSource(
                                new DataGeneratorSource<>(
                                        index -> at(isFirst ? first() : second(), index),
                                        Long.MAX_VALUE,
                                        RateLimiterStrategy.perSecond(200),
                                        RawChangeType.INSTANCE),
                                WatermarkStrategy.noWatermarks(),
                                uid)
                        .uid(uid),
                JobConfig.load(null, Map.of(), all));
        return env.getStreamGraph().getJobGraph();
    }

    private static MiniCluster cluster() throws Exception {
        Configuration config = new Configuration();
        config.set(RestOptions.BIND_PORT, "0");
        config.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(config)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(1)
                .build());
        cluster.start();
        return cluster;
    }

    private static void until(String what, MiniCluster cluster, JobGraph job, Callable<Boolean> condition)
            throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            assertThat(cluster.getJobStatus(job.getJobID()).get().isGloballyTerminalState())
                    .as("the job has ended")
                    .isFalse();
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static @Nullable String text(TestDatabase database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static boolean isWritten(TestDatabase database, Instant until) throws SQLException {
        return "t".equals(text(database, "SELECT crm_kpi.kpi_time() > '%s'".formatted(until)));
    }

    /** Makes the savepoint in that folder, src/test/resources. */
    public static void main(String[] args) throws Exception {
        TestDatabase database = TestDatabase.create();
        Path saved = Files.createTempDirectory(SAVEPOINT);
        try (MiniCluster cluster = cluster()) {
            JobGraph job = job(database, true);
            cluster.submitJob(job).get();
            until(
                    "its changes are written",
                    cluster,
                    job,
                    () -> isWritten(database, BEGIN.plus(Duration.ofHours(1)).plusSeconds(10)));
            String path = cluster.stopWithSavepoint(
                            job.getJobID(), saved.toUri().toString(), false, SavepointFormatType.CANONICAL)
                    .get();
            Files.copy(
                    Path.of(URI.create(path)).resolve("_metadata"),
                    Path.of(args[0], SAVEPOINT + ".bin"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private Path savepoint() throws IOException {
        Path metadata = folder.resolve("_metadata");
        try (InputStream file =
                Objects.requireNonNull(SavedStateTest.class.getResourceAsStream("/" + SAVEPOINT + ".bin"))) {
            Files.copy(file, metadata);
        }
        return folder;
    }

    private void goOn(String... settings) throws Exception {
        try (MiniCluster cluster = cluster()) {
            JobGraph job = job(database, false, settings);
            // Of the source alone, which is another one.
            job.setSavepointRestoreSettings(
                    SavepointRestoreSettings.forPath(savepoint().toUri().toString(), true));
            cluster.submitJob(job).get();
            until("what was changed is written", cluster, job, () -> isWritten(database, BEGIN.plus(LATER)));
        }
    }

    @Test
    void sumsGoOn() throws Exception {
        goOn();
        assertThat(text(database, """
                        SELECT concat_ws(' ', total_deals, open_deals, open_value, won_deals_30d, won_value_30d)
                        FROM crm_kpi.crm_sales_velocity""")).isEqualTo("2 1 1500.00 1 2000.00");
        assertThat(text(database, "SELECT count(*) FROM crm_kpi.crm_automation_sla"))
                .as("what did not change is not written again")
                .isEqualTo("0");
    }

    @Test
    void whatIsNewIsDerivedFromIt() throws Exception {
        goOn("kpi.window-days=31");
        StringBuilder rows = new StringBuilder();
        for (String table : Kpis.all(KpiSettings.DEFAULTS).names()) {
            rows.append(table.replace("crm_", ""))
                    .append(' ')
                    .append(text(database, "SELECT count(*) FROM crm_kpi." + table))
                    .append(", ");
        }
        assertThat(rows.toString())
                .isEqualTo(
                        "pipeline_velocity 2, sales_velocity 1, deals_daily 3, closed_deals_daily 1, deal_stage_history 3, deals 2, automation_sla 1, lead_funnel 1, lead_funnel_daily 2, source_performance 1, source_performance_daily 3, acquisition 1, acquisition_daily 1, activity_channels 1, watchlist_items 2, ");
        assertThat(text(database, """
                        SELECT concat_ws(' ', run_count, overdue_runs, sla_breaches) FROM crm_kpi.crm_automation_sla""")).isEqualTo("1 1 1");
        assertThat(text(database, """
                        SELECT string_agg(concat_ws(' ', visit, stage_id, outcome), ', ' ORDER BY deal_id, visit)
                        FROM crm_kpi.crm_deal_stage_history""")).isEqualTo("1 1 moved, 2 2, 1 1 won");
    }
}
