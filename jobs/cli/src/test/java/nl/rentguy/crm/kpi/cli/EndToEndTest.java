package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on real components: PostgreSQL, Flink CDC, a mini cluster, the KPI tables. */
@SuppressWarnings("NullAway.Init") // set before each test
class EndToEndTest {

    private static final String RUNS = "SELECT sum(run_count) FROM crm_kpi.crm_automation_sla";
    private static final String OVERDUE = "SELECT sum(overdue_runs) FROM crm_kpi.crm_automation_sla";

    @TempDir
    private Path folder;

    private CrmAndTables tables;

    @BeforeEach
    void start() throws Exception {
        tables = CrmAndTables.create(folder);
    }

    @AfterEach
    void stop() throws Exception {
        tables.close();
    }

    private TestCluster job() throws Exception {
        return job(tables.jdbcUrl());
    }

    private TestCluster job(String crmUrl) throws Exception {
        return TestCluster.start(config(crmUrl), folder.resolve("checkpoints"), Duration.ofMillis(500));
    }

    private Configuration config(String crmUrl) {
        Configuration config = new Configuration();
        config.set(JobOptions.CRM_JDBC_URL, crmUrl);
        config.set(JobOptions.KPI_JDBC_URL, tables.jdbcUrl());
        config.set(JobOptions.KPI_USERNAME, "postgres");
        config.set(JobOptions.CDC_SPLIT_SIZE, 500);
        return config;
    }

    @Test
    void endsEqualToTheOracleThoughATaskManagerIsKilledInTheMiddle() throws Exception {
        LivingCrm living = tables.companies(11, 3);
        living.seed();
        try (TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
            CrmAndTables.steps(living, 1_500);
            job.killTaskManager();
            CrmAndTables.steps(living, 1_500);
            tables.awaitKpiTimeAfter(Instant.now());
            tables.assertEqualToOracle();
        }
    }

    @Test
    void startsOnACrmThatIsInUseAndNeverShowsHalfABeginning() throws Exception {
        LivingCrm living = tables.companies(12, 3);
        living.seed();
        // Each day's runs that were there before the job count from its first row on.
        tables.execute("""
                CREATE TABLE seeded AS SELECT tenant_id, workflow_id, (created_at AT TIME ZONE 'Europe/Amsterdam')::date AS run_date,
                  count(*) AS runs FROM crm_automation_runs GROUP BY 1, 2, 3;
                CREATE TABLE halves (run_count bigint, seeded bigint);
                CREATE FUNCTION half() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  INSERT INTO halves SELECT NEW.run_count, runs FROM seeded s
                  WHERE (s.tenant_id, s.workflow_id, s.run_date) = (NEW.tenant_id, NEW.workflow_id, NEW.run_date)
                    AND NEW.run_count < runs;
                  RETURN NEW;
                END $$;
                CREATE TRIGGER half AFTER INSERT OR UPDATE ON crm_kpi.crm_automation_sla FOR EACH ROW EXECUTE FUNCTION half()""");
        try (TestCluster job = job()) {
            // Runs begin and end while the snapshot is read; deals rest, as a snapshot knows no past of theirs.
            int workflow = 0;
            while (tables.number("SELECT count(kpi_time) FROM crm_kpi.crm_kpi_status") == 0) {
                tables.insertRun("new-" + workflow++ % 7, Instant.now());
                tables.insertRun("lead_intake", Instant.now());
                tables.execute("""
                        UPDATE crm_automation_runs SET status = 'completed', completed_at = now()
                        WHERE id IN (SELECT id FROM crm_automation_runs WHERE completed_at IS NULL ORDER BY random() LIMIT 1)""");
            }
            tables.awaitKpiTimeAfter(Instant.now());
            Wait.until("leftovers are swept", () -> job.completedCheckpoints() > 0);
            tables.assertEqualToOracle();
            assertThat(tables.number("SELECT count(*) FROM halves"))
                    .as("rows of half a beginning")
                    .isZero();
        }
    }

    @Test
    void changesOfTransactionsThatAreOpenWhenTheLogIsTakenUpCountOnce() throws Exception {
        tables.companies(13, 2).seed();
        try (OpenTransactions work = tables.openTransactions(8);
                TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
            for (int restart = 0; restart < 2; restart++) {
                long known = job.completedCheckpoints();
                Wait.until("a checkpoint is taken", () -> job.completedCheckpoints() > known);
                job.killTaskManager();
                tables.awaitKpiTimeAfter(Instant.now());
            }
            work.close();
            tables.awaitKpiTimeAfter(Instant.now());
            tables.assertEqualToOracle();
        }
    }

    @Test
    void aDeadlinePassesWithAnIdleCrm() throws Exception {
        try (TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
            // Overdue three seconds from now, and nobody works in the meantime.
            Instant deadline = Instant.now().plusSeconds(3);
            tables.insertRun("w", deadline.minus(Duration.ofMinutes(10)));
            Wait.until("the run is counted", () -> tables.number(RUNS) == 1);
            assertThat(tables.number(OVERDUE)).isZero();
            Wait.until("it is overdue", () -> tables.number(OVERDUE) == 1);
            assertThat(tables.instant("SELECT as_of FROM crm_kpi.crm_automation_sla"))
                    .isAfter(deadline)
                    .isBefore(deadline.plusMillis(1_500));
            tables.assertEqualToOracle();
        }
    }

    @Test
    void timeStandsStillWhileTheCrmIsUnreachable() throws Exception {
        int pgPort = Integer.parseInt(tables.jdbcUrl().replaceAll(".*:(\\d+)/.*", "$1"));
        try (CuttableConnection wire = new CuttableConnection(pgPort);
                TestCluster job = job("jdbc:postgresql://127.0.0.1:%d/postgres".formatted(wire.port()))) {
            tables.awaitKpiTimeAfter(Instant.now());
            Instant deadline = Instant.now().plusSeconds(6);
            tables.insertRun("w", deadline.minus(Duration.ofMinutes(10)));
            Wait.until("the run is counted", () -> tables.number(RUNS) == 1);
            tables.execute("""
                    CREATE TABLE alarms (overdue_runs bigint);
                    CREATE FUNCTION alarm() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN IF NEW.overdue_runs > 0 THEN INSERT INTO alarms VALUES (NEW.overdue_runs); END IF; RETURN NEW; END $$;
                    CREATE TRIGGER alarm AFTER INSERT OR UPDATE ON crm_kpi.crm_automation_sla
                    FOR EACH ROW EXECUTE FUNCTION alarm()""");
            wire.cut();
            tables.execute("UPDATE crm_automation_runs SET status = 'completed', completed_at = now()");
            Instant kpiTime = tables.instant("SELECT kpi_time FROM crm_kpi.crm_kpi_status");
            Wait.until("the deadline has passed", () -> Instant.now().isAfter(deadline.plusSeconds(3)));
            assertThat(tables.instant("SELECT kpi_time FROM crm_kpi.crm_kpi_status"))
                    .as("KPI time stands still")
                    .isBefore(kpiTime.plusSeconds(2));
            wire.mend();
            Wait.until(
                    "the end is known",
                    () -> tables.number("SELECT sum(completed_runs) FROM crm_kpi.crm_automation_sla") == 1);
            tables.awaitKpiTimeAfter(deadline.plusSeconds(3));
            assertThat(tables.number("SELECT count(*) FROM alarms"))
                    .as("false alarms")
                    .isZero();
            tables.assertEqualToOracle();
        }
    }

    @Test
    void aJobThatStartsAnewSweepsWhatIsGone() throws Exception {
        LivingCrm living = tables.companies(5, 2);
        living.seed();
        try (TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
        }
        // Both the state and the slot are lost, and rows vanish while nobody looks.
        Wait.until(
                "the slot is free", () -> tables.number("SELECT count(*) FROM pg_replication_slots WHERE active") == 0);
        tables.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        tables.execute("DELETE FROM crm_deals WHERE tenant_id = 'mrdj'");
        tables.execute("DELETE FROM crm_pipelines WHERE tenant_id = 'mrdj'");
        tables.execute("DELETE FROM crm_automation_runs WHERE workflow_id = 'lead_intake'");
        try (TestCluster job = job()) {
            Wait.until(
                    "the rows of vanished keys are swept",
                    () -> tables.number("SELECT count(*) FROM crm_kpi.crm_pipeline_velocity WHERE tenant_id = 'mrdj'")
                                    == 0
                            && tables.number(
                                            "SELECT count(*) FROM crm_kpi.crm_automation_sla WHERE workflow_id = 'lead_intake'")
                                    == 0);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void aRowThatWasDeletedDoesNotComeBackWhileTheLogIsReplayed() throws Exception {
        try (TestCluster job =
                TestCluster.start(config(tables.jdbcUrl()), folder.resolve("checkpoints"), Duration.ofDays(1))) {
            Wait.until("the snapshot is read", () -> {
                job.checkpoint();
                return tables.number("SELECT count(*) FROM crm_kpi.crm_kpi_status WHERE phase = 'live'") == 1;
            });
            tables.execute("""
                    CREATE TABLE appeared (as_of timestamptz);
                    CREATE FUNCTION appear() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO appeared VALUES (NEW.as_of); RETURN NEW; END $$;
                    CREATE TRIGGER appear AFTER INSERT ON crm_kpi.crm_automation_sla FOR EACH ROW EXECUTE FUNCTION appear()""");
            job.checkpoint();
            tables.insertRun("w", Instant.now());
            Wait.until("the row is there", () -> tables.number(RUNS) == 1);
            tables.execute("DELETE FROM crm_automation_runs");
            Wait.until("the row is gone", () -> tables.number("SELECT count(*) FROM crm_kpi.crm_automation_sla") == 0);
            tables.awaitKpiTimeAfter(Instant.now());
            job.killTaskManager();
            tables.insertRun("afterwards", Instant.now());
            Wait.until("the log is read on", () -> tables.number(RUNS) == 1);
            tables.awaitKpiTimeAfter(Instant.now());
            assertThat(tables.number("SELECT count(*) FROM appeared"))
                    .as("once for each of two runs")
                    .isEqualTo(2);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void theStatusTellsHowFarTheJobIs() throws Exception {
        LivingCrm living = tables.companies(13, 3);
        living.seed();
        tables.execute("ANALYZE");
        tables.execute("""
                CREATE TABLE phases (at timestamptz DEFAULT clock_timestamp(), phase text, progress double precision, kpi_time timestamptz);
                CREATE FUNCTION note_phase() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  INSERT INTO phases (phase, progress, kpi_time) VALUES (NEW.phase, NEW.snapshot_progress, NEW.kpi_time); RETURN NEW; END $$;
                CREATE TRIGGER note AFTER INSERT OR UPDATE ON crm_kpi.crm_kpi_status FOR EACH ROW EXECUTE FUNCTION note_phase()""");
        long rows = tables.number("""
                SELECT (SELECT count(*) FROM crm_leads) + (SELECT count(*) FROM crm_pipelines) + (SELECT count(*) FROM crm_pipeline_stages)
                  + (SELECT count(*) FROM crm_deals) + (SELECT count(*) FROM crm_activities) + (SELECT count(*) FROM crm_automation_runs)
                  + (SELECT count(*) FROM crm_acquisition_metrics)""");
        try (TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
            tables.insertRun("w", Instant.now());
            tables.awaitKpiTimeAfter(Instant.now());
            job.killTaskManager();
            tables.execute(
                    "INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, created_at) SELECT 'mrdj', min(id), 't', 'w', 'infinity' FROM crm_deals");
            tables.awaitKpiTimeAfter(Instant.now());
            Wait.until("each row is counted once", () -> tables.number("""
                    SELECT count(*) FROM crm_kpi.crm_kpi_status WHERE phase = 'live' AND rows_read = %d AND dead_letters = 1
                      AND source_lag_seconds < 60 AND snapshot_progress = 1 AND source_position > '0/0'
                      AND job_version <> '' AND definition_version <> ''
                      AND updated_at > now() - interval '10 seconds'""".formatted(rows + 2)) == 1);
        }
        assertThat(tables.number("SELECT count(*) FROM phases WHERE phase = 'snapshot' AND kpi_time IS NULL"))
                .as("reports of the snapshot")
                .isPositive();
        assertThat(tables.number("SELECT count(*) FROM phases WHERE phase = 'snapshot' AND progress BETWEEN 0 AND 1"))
                .isPositive();
    }

    @Test
    void whatCannotBeReadIsKeptAsADeadLetterAndTheRestGoesOn() throws Exception {
        tables.aDeal();
        String bad =
                "INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, created_at) SELECT 'mrdj', min(id), 't', 'w', '%s' FROM crm_deals";
        tables.execute(bad.formatted("infinity"));
        try (TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
            tables.execute(bad.formatted("0044-03-15"));
            tables.insertRun("w", Instant.now());
            Wait.until("the good run is counted", () -> tables.number(RUNS) == 1);
            Wait.until(
                    "both others are kept",
                    () -> tables.number("SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters") == 2);
            assertThat(tables.number("""
                            SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters
                            WHERE source = 'crm_automation_runs' AND reason = 'unreadable_value'
                              AND message LIKE 'crm_automation_runs.created_at is %' AND payload->>'workflow_id' = 'w'""")).isEqualTo(2);
        }
    }

    @Test
    void aReloadOfAcquisitionFiguresIsSeenWholeOrNotAtAll() throws Exception {
        String load = """
                DELETE FROM crm_acquisition_metrics WHERE tenant_id = 'mrdj';
                INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions)
                SELECT 'mrdj', 'Organic Search', 'google', current_date - day, 100 FROM generate_series(1, 20) AS day""";
        tables.execute(load);
        tables.executeKpi("""
                CREATE TABLE seen (sessions bigint);
                CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  INSERT INTO seen VALUES (NEW.sessions);
                  RETURN NEW;
                END $$;
                CREATE TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON crm_kpi.crm_acquisition FOR EACH ROW EXECUTE FUNCTION see();
                CREATE TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON crm_kpi.crm_source_performance FOR EACH ROW EXECUTE FUNCTION see()""");
        try (TestCluster job = job()) {
            tables.awaitKpiTimeAfter(Instant.now());
            for (int i = 0; i < 40; i++) {
                tables.execute(load);
            }
            tables.execute("UPDATE crm_acquisition_metrics SET sessions = 101");
            tables.awaitKpiTimeAfter(Instant.now());
            tables.assertEqualToOracle();
            assertThat(tables.number("SELECT sum(sessions) FROM crm_kpi.crm_acquisition"))
                    .isEqualTo(2020);
            assertThat(tables.number(
                            "SELECT count(*) FROM seen WHERE sessions IS DISTINCT FROM 2000 AND sessions <> 2020"))
                    .as("totals of half a reload")
                    .isZero();
        }
    }

    @Test
    void tasksAreWatchedWhereTheCrmSendsThem() throws Exception {
        tables.execute("""
                ALTER TABLE crm_activities ADD COLUMN due_at timestamptz, ADD COLUMN state text;
                ALTER PUBLICATION crm_kpi DROP TABLE crm_activities;
                ALTER PUBLICATION crm_kpi ADD TABLE crm_activities
                  (id, tenant_id, deal_id, activity_type, occurred_at, created_at, due_at, state);
                GRANT SELECT (due_at, state) ON crm_activities TO crm_kpi_cdc;
                INSERT INTO crm_pipelines (id, tenant_id, name) VALUES (1, 'mrdj', 'Sales');
                INSERT INTO crm_pipeline_stages (id, pipeline_id, name, "order") VALUES (1, 1, 'Intake', 1);
                INSERT INTO crm_deals (id, tenant_id, pipeline_id, stage_id, title, status) VALUES (1, 'mrdj', 1, 1, 'Wedding', 'won');
                INSERT INTO crm_activities (id, tenant_id, deal_id, activity_type, summary, due_at, state) VALUES
                  (1, 'mrdj', 1, 'task', 's', now() - interval '1 hour', 'open'),
                  (2, 'mrdj', 1, 'task', 's', now() - interval '1 hour', 'done'),
                  (3, 'mrdj', 1, 'call', 's', now() - interval '1 hour', 'open'),
                  (4, 'mrdj', 1, 'task', 's', 'infinity', 'open')""");
        Configuration config = config(tables.jdbcUrl());
        config.set(JobOptions.CRM_TASK_DUE_COLUMN, "due_at");
        config.set(JobOptions.CRM_TASK_STATUS_COLUMN, "state");
        String item = """
                SELECT count(*) FROM crm_kpi.crm_operational_watchlist
                WHERE kind = 'overdue_task' AND title = 'Wedding' AND stage_name = 'Intake' AND item_id = %d""";
        try (TestCluster job = TestCluster.start(config, folder.resolve("checkpoints"), Duration.ofMillis(500))) {
            Wait.until("the overdue task is listed", () -> tables.number(item.formatted(1)) == 1);
            assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_watchlist_items"))
                    .isEqualTo(1);
            tables.execute("UPDATE crm_activities SET state = 'completed' WHERE id = 1");
            tables.execute(
                    "UPDATE crm_activities SET due_at = now() + interval '2 seconds', state = 'open' WHERE id = 2");
            Wait.until("time alone lists the other", () -> tables.number(item.formatted(2)) == 1);
            assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_watchlist_items"))
                    .isEqualTo(1);
        }
    }
}
