package nl.rentguy.crm.kpi.laptop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.laptop.sim.LivingCrm;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on real components: PostgreSQL, Flink CDC, a mini cluster, the KPI tables. */
@SuppressWarnings("NullAway.Init") // set by JUnit and in start
class EndToEndTest {

    private static final String PIPELINE = JobOptions.KPI_PIPELINE_NAME.defaultValue();

    @TempDir
    private Path folder;

    private LaptopDatabase database;
    private Connection crm;
    private Connection kpi;

    @BeforeEach
    void start() throws Exception {
        database = LaptopDatabase.start(Files.createDirectory(folder.resolve("pg")), Ports.free("port", 0));
        database.run("crm/schema.sql");
        database.run("crm/cdc.sql");
        database.run("oracle/history.sql");
        database.migrate();
        crm = database.connect();
        kpi = database.connect();
    }

    @AfterEach
    void stop() throws Exception {
        crm.close();
        kpi.close();
        database.close();
    }

    private Configuration config() {
        return config(database.jdbcUrl());
    }

    private Configuration config(String crmUrl) {
        Configuration config = new Configuration();
        config.set(JobOptions.CRM_JDBC_URL, crmUrl);
        config.set(JobOptions.KPI_JDBC_URL, database.jdbcUrl());
        config.set(JobOptions.KPI_USERNAME, "postgres");
        return config;
    }

    private TestCluster job(Configuration config) throws Exception {
        return TestCluster.start(config, folder.resolve("checkpoints"));
    }

    @Test
    void endsEqualToTheOracleThoughATaskManagerIsKilledInTheMiddle() throws Exception {
        LivingCrm living = new LivingCrm(crm, 11, 3);
        living.seed();
        try (TestCluster job = job(config())) {
            awaitKpiTimeAfter(Instant.now());
            AsOfWatch watch = new AsOfWatch();
            for (int i = 0; i < 1_500; i++) {
                living.step();
            }
            job.killTaskManager();
            for (int i = 0; i < 1_500; i++) {
                living.step();
                if (i % 100 == 0) {
                    watch.look();
                }
            }
            awaitKpiTimeAfter(Instant.now());
            watch.look();
            assertEqualToOracle();
        }
    }

    @Test
    void aDeadlinePassesWithAnIdleCrm() throws Exception {
        try (TestCluster job = job(config())) {
            awaitKpiTimeAfter(Instant.now());
            // Overdue three seconds from now, and nobody works in the meantime.
            Instant created = Instant.now().minus(Duration.ofMinutes(10)).plusSeconds(3);
            run(created, "running", "NULL");
            Wait.until(
                    "the run is counted", () -> number("SELECT sum(run_count) FROM crm_kpi.crm_automation_sla") == 1);
            assertThat(number("SELECT sum(overdue_runs) FROM crm_kpi.crm_automation_sla"))
                    .isZero();
            Wait.until("it is overdue", () -> number("SELECT sum(overdue_runs) FROM crm_kpi.crm_automation_sla") == 1);
            Instant asOf = instant("SELECT as_of FROM crm_kpi.crm_automation_sla");
            assertThat(asOf)
                    .isAfter(created.plus(Duration.ofMinutes(10)))
                    .isBefore(created.plus(Duration.ofMinutes(10)).plusMillis(1_500));
            assertEqualToOracle();
        }
    }

    @Test
    void timeStandsStillWhileTheCrmIsUnreachable() throws Exception {
        int pgPort = Integer.parseInt(database.jdbcUrl().replaceAll(".*:(\\d+)/.*", "$1"));
        try (CuttableConnection wire = new CuttableConnection(pgPort);
                TestCluster job = job(config("jdbc:postgresql://127.0.0.1:%d/postgres".formatted(wire.port())))) {
            awaitKpiTimeAfter(Instant.now());
            Instant deadline = Instant.now().plusSeconds(6);
            run(deadline.minus(Duration.ofMinutes(10)), "running", "NULL");
            Wait.until(
                    "the run is counted", () -> number("SELECT sum(run_count) FROM crm_kpi.crm_automation_sla") == 1);
            try (Statement watch = crm.createStatement()) {
                watch.execute("""
                        CREATE TABLE alarms (overdue_runs bigint);
                        CREATE FUNCTION alarm() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN IF NEW.overdue_runs > 0 THEN INSERT INTO alarms VALUES (NEW.overdue_runs); END IF; RETURN NEW; END $$;
                        CREATE TRIGGER alarm AFTER INSERT OR UPDATE ON crm_kpi.crm_automation_sla
                        FOR EACH ROW EXECUTE FUNCTION alarm()""");
            }
            wire.cut();
            execute("UPDATE crm_automation_runs SET status = 'completed', completed_at = now()");
            Instant kpiTime = instant("SELECT kpi_time FROM crm_kpi.crm_kpi_status");
            Wait.until("the deadline has passed", () -> Instant.now().isAfter(deadline.plusSeconds(3)));
            assertThat(instant("SELECT kpi_time FROM crm_kpi.crm_kpi_status"))
                    .as("KPI time stands still")
                    .isBefore(kpiTime.plusSeconds(2));
            wire.mend();
            Wait.until(
                    "the end is known",
                    () -> number("SELECT sum(completed_runs) FROM crm_kpi.crm_automation_sla") == 1);
            awaitKpiTimeAfter(deadline.plusSeconds(3));
            assertThat(number("SELECT count(*) FROM alarms")).as("false alarms").isZero();
            assertEqualToOracle();
        }
    }

    @Test
    void aJobThatStartsAnewSweepsWhatIsGone() throws Exception {
        LivingCrm living = new LivingCrm(crm, 5, 2);
        living.seed();
        try (TestCluster job = job(config())) {
            awaitKpiTimeAfter(Instant.now());
        }
        // Both the state and the slot are lost, and rows vanish while nobody looks.
        Wait.until("the slot is free", () -> number("SELECT count(*) FROM pg_replication_slots WHERE active") == 0);
        execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        execute("DELETE FROM crm_pipelines WHERE tenant_id = 'mrdj'");
        execute("DELETE FROM crm_automation_runs WHERE workflow_id = 'lead-intake'");
        try (TestCluster job = job(config())) {
            Wait.until(
                    "the rows of vanished keys are swept",
                    () -> number("SELECT count(*) FROM crm_kpi.crm_pipeline_velocity WHERE tenant_id = 'mrdj'") == 0
                            && number(
                                            "SELECT count(*) FROM crm_kpi.crm_automation_sla WHERE workflow_id = 'lead-intake'")
                                    == 0);
            assertEqualToOracle();
        }
    }

    @Test
    void whatCannotBeReadIsKeptAsADeadLetterAndTheRestGoesOn() throws Exception {
        execute(
                "INSERT INTO crm_automation_runs (tenant_id, trigger, workflow_id, created_at) VALUES ('mrdj', 't', 'w', 'infinity')");
        try (TestCluster job = job(config())) {
            awaitKpiTimeAfter(Instant.now());
            execute(
                    "INSERT INTO crm_automation_runs (tenant_id, trigger, workflow_id, created_at) VALUES ('mrdj', 't', 'w', '0044-03-15')");
            run(Instant.now(), "running", "NULL");
            Wait.until(
                    "the good run is counted",
                    () -> number("SELECT sum(run_count) FROM crm_kpi.crm_automation_sla") == 1);
            Wait.until("both others are kept", () -> number("SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters") == 2);
            assertThat(number("""
                            SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters
                            WHERE source = 'crm_automation_runs' AND reason = 'unreadable_value'
                              AND message LIKE 'crm_automation_runs.created_at is %' AND payload->>'workflow_id' = 'w'""")).isEqualTo(2);
        }
    }

    /** That {@code as_of} of a row never goes back, looked at from time to time. */
    private final class AsOfWatch {
        private long latest;

        void look() throws SQLException {
            long now = number(
                    "SELECT coalesce(sum(extract(epoch FROM as_of)), 0)::bigint FROM crm_kpi.crm_pipeline_velocity WHERE currency = 'EUR'");
            assertThat(now).isGreaterThanOrEqualTo(latest);
            latest = now;
        }
    }

    private void run(Instant created, String status, String completedAt) throws SQLException {
        execute("""
                INSERT INTO crm_automation_runs (tenant_id, trigger, workflow_id, status, created_at, completed_at)
                VALUES ('mrdj', 't', 'w', '%s', '%s', %s)""".formatted(status, created, completedAt));
    }

    private void awaitKpiTimeAfter(Instant instant) throws Exception {
        Wait.until("KPI time passes " + instant, () -> Audit.hasPassed(kpi, PIPELINE, instant));
    }

    private void assertEqualToOracle() throws SQLException {
        for (Kpi table : new Kpis(KpiSettings.DEFAULTS).list()) {
            Audit.Result result = Audit.of(table.table(), crm, kpi);
            assertThat(result.differences()).isEmpty();
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = crm.createStatement()) {
            statement.execute(sql);
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private Instant instant(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }
}
