package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values, tables and deeds that stopped such systems elsewhere, or made them wrong without a word. */
@SuppressWarnings("NullAway.Init") // set by each test
class WhatTheWorldSendsTest {

    private static final String DEAD_LETTERS = "SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters WHERE ";

    @TempDir
    private Path folder;

    private CrmAndTables tables;

    @AfterEach
    void stop() throws Exception {
        tables.close();
    }

    /** The small CRM of the cases, its tables changed before the job's rights are given. */
    private void crm(String changes) throws Exception {
        tables = CrmAndTables.createOf(folder, changes);
        fill();
    }

    private void fill() throws Exception {
        try (InputStream base = WhatTheWorldSendsTest.class.getResourceAsStream("/cases/base.sql")) {
            tables.execute(new String(Objects.requireNonNull(base).readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private TestCluster job() throws Exception {
        Configuration config = new Configuration();
        config.set(JobOptions.CRM_JDBC_URL, tables.jdbcUrl());
        config.set(JobOptions.KPI_JDBC_URL, tables.kpiUrl());
        config.set(JobOptions.KPI_USERNAME, "postgres");
        return TestCluster.start(config, folder.resolve("checkpoints"), Duration.ofMillis(500));
    }

    private void live() throws Exception {
        tables.awaitKpiTimeAfter(Instant.now());
    }

    private String status() throws Exception {
        return tables.text("SELECT phase || ' ' || coalesce(problem, '-') FROM crm_kpi.crm_kpi_status");
    }

    @Test
    void sourcesTooLongForAnIndexAndOfAnyLettersAreAsTheOracleSays() throws Exception {
        crm("ALTER TABLE crm_leads ALTER source TYPE text");
        try (TestCluster job = job()) {
            live();
            tables.execute("""
                    INSERT INTO crm_leads (tenant_id, name, source)
                    SELECT 'mrdj', 'n', 'https://example.org/?c=' || string_agg(md5(i::text || 'salt'), '') FROM generate_series(1, 125) i;
                    INSERT INTO crm_leads (tenant_id, name, source) VALUES ('mrdj', 'a', 'ΟΔΥΣΣΕΥΣ'), ('mrdj', 'b', 'Οδυσσευς'),
                      ('mrdj', 'c', 'İSTANBUL'), ('mrdj', 'd', 'istanbul'), ('mrdj', 'f', 'CAFÉ'), ('mrdj', 'g', 'Café');
                    UPDATE crm_automation_runs SET status = 'FAİLED' WHERE id = 1;
                    UPDATE crm_deals SET expected_close = '9999-12-31' WHERE id IN (3, 6);
                    UPDATE crm_deals SET expected_close = 'infinity' WHERE id = 4;
                    UPDATE crm_deals SET expected_close = '-infinity' WHERE id = 5;
                    UPDATE crm_deals SET expected_close = '0044-03-15 BC' WHERE id = 7""");
            live();
            tables.assertEqualToOracle();
            assertThat(tables.number(
                            "SELECT lead_count FROM crm_kpi.crm_source_performance WHERE source_key = 'οδυσσευσ'"))
                    .isEqualTo(2);
            assertThat(tables.number("SELECT sum(deal_count) FROM crm_kpi.crm_pipeline_velocity"))
                    .isEqualTo(8);
            assertThat(tables.number(DEAD_LETTERS + "true")).isZero();
        }
    }

    @Test
    void aLongTextThatTheLogLeavesOutStaysAsItWas() throws Exception {
        crm("""
                ALTER TABLE crm_leads ALTER source TYPE text, ALTER source SET STORAGE EXTERNAL;
                ALTER TABLE crm_deals ALTER title TYPE text, ALTER title SET STORAGE EXTERNAL""");
        tables.execute("""
                UPDATE crm_deals SET title = repeat('Bruiloft ', 1000) WHERE id = 1;
                UPDATE crm_leads SET source = repeat('Beurs ', 1000) WHERE id = 1""");
        try (TestCluster job = job()) {
            live();
            tables.execute("""
                    UPDATE crm_deals SET title = repeat('Festival ', 1000) WHERE id = 2;
                    UPDATE crm_leads SET source = repeat('Markt ', 1000) WHERE id = 2;
                    UPDATE crm_deals SET value = 75, updated_at = now() WHERE id IN (1, 2);
                    UPDATE crm_leads SET name = 'another' WHERE id IN (1, 2)""");
            live();
            tables.assertEqualToOracle();
            assertThat(
                            tables.text(
                                    "SELECT string_agg(left(title, 9) || length(title), ', ' ORDER BY deal_id) FROM crm_kpi.crm_deals WHERE value = 75"))
                    .isEqualTo("Bruiloft 9000, Festival 9000");
            assertThat(tables.number(DEAD_LETTERS + "true")).isZero();
        }
    }

    @Test
    void amountsThatAreNoneAreSetAsideWithTheValueThatIsInTheCrm() throws Exception {
        crm("ALTER TABLE crm_deals ALTER value TYPE numeric");
        tables.execute("UPDATE crm_deals SET value = 'Infinity' WHERE id = 8");
        try (TestCluster job = job()) {
            live();
            tables.execute("""
                    UPDATE crm_deals SET value = 'NaN' WHERE id = 1;
                    UPDATE crm_deals SET value = 'Infinity' WHERE id = 2;
                    UPDATE crm_deals SET value = '-Infinity' WHERE id = 3;
                    UPDATE crm_deals SET value = 1e30 WHERE id = 4;
                    UPDATE crm_deals SET value = 10.005 WHERE id = 5;
                    UPDATE crm_deals SET value = -250.00 WHERE id = 6""");
            live();
            assertThat(tables.text("""
                            SELECT string_agg(concat_ws(' ', payload->>'id', payload->>'value'), ', ' ORDER BY payload->>'id')
                            FROM crm_kpi.crm_kpi_dead_letters WHERE source = 'crm_deals' AND reason = 'unreadable_value'
                              AND message LIKE '%' || (payload->>'value') || '%'"""))
                    .isEqualTo(
                            "1 NaN, 2 Infinity, 3 -Infinity, 4 1000000000000000000000000000000, 5 10.005, 8 Infinity");
            assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_deals_daily WHERE created_value = -250"))
                    .as("the rest goes on")
                    .isEqualTo(1);
            tables.execute("UPDATE crm_deals SET value = 100");
            live();
            tables.assertEqualToOracle();
            tables.executeKpi(
                    "UPDATE crm_kpi.crm_kpi_dead_letters SET received_at = now() - interval '91 days' WHERE payload->>'id' <> '8'");
            Wait.until("old ones go", () -> tables.number("SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters") == 1);
        }
    }

    @Test
    void aTruncateEndsTheJobAndSaysWhatToDo() throws Exception {
        crm("");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.execute("""
                    BEGIN;
                    TRUNCATE crm_acquisition_metrics;
                    INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions)
                    SELECT 'mrdj', 'organic', 'google', current_date - i, 100 FROM generate_series(0, 5) i;
                    COMMIT""");
            assertThat(job.awaitEnd()).isEqualTo(1);
            assertThat(job.output()).contains("crm_acquisition_metrics was truncated", "--rebuild");
            assertThat(status()).startsWith("failed crm_acquisition_metrics was truncated");
            assertThat(tables.number("SELECT sessions FROM crm_kpi.crm_acquisition"))
                    .as("no figure was doubled")
                    .isEqualTo(600);
        }
        try (RunProcess rebuilt = RunProcess.on(tables, folder, "--rebuild")) {
            rebuilt.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void rowsOfAPartitionedOrProtectedTableAreRefusedBeforeTheStart() throws Exception {
        crm("""
                ALTER TABLE crm_deals ENABLE ROW LEVEL SECURITY;
                CREATE POLICY tenant_only ON crm_deals USING (tenant_id = current_setting('app.tenant', true));
                CREATE TABLE crm_old_leads () INHERITS (crm_leads);
                ALTER TABLE crm_deals ALTER probability TYPE numeric(5, 2);
                ALTER TABLE crm_leads ALTER created_at TYPE timestamp""");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            assertThat(job.awaitEnd()).isEqualTo(2);
            assertThat(job.output())
                    .contains(
                            "a policy may hide rows of crm_deals",
                            "-> CREATE POLICY crm_kpi_reads_all ON crm_deals FOR SELECT TO crm_kpi_cdc USING (true)\n",
                            "partitioned, inherited or not logged: crm_leads",
                            "crm_deals.probability is numeric, expected smallint, integer or bigint",
                            "crm_leads.created_at is timestamp without time zone, expected timestamp with time zone");
        }
        assertThat(tables.number("SELECT count(*) FROM pg_replication_slots")).isZero();
        tables.execute("CREATE POLICY crm_kpi_reads_all ON crm_deals FOR SELECT TO crm_kpi_cdc USING (true)");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            assertThat(job.awaitEnd()).isEqualTo(2);
            assertThat(job.output().substring(job.output().lastIndexOf("CRM plain tables")))
                    .doesNotContain("a policy may hide");
        }
    }

    @Test
    void aTableThatGetsAChildStopsTheJobAtTheNextHeartbeat() throws Exception {
        crm("");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.execute("CREATE TABLE crm_more_leads () INHERITS (crm_leads)");
            assertThat(job.awaitEnd()).isEqualTo(1);
            assertThat(job.output()).contains("no longer covers crm_leads.id", "plain tables");
        }
    }

    @Test
    void sessionsThatAreReadOnlyByDefaultAndStandbysThatAreNoneDoNotStopTheHeartbeat() throws Exception {
        tables = CrmAndTables.createApart(folder);
        fill();
        tables.execute("ALTER ROLE crm_kpi_cdc IN DATABASE postgres SET default_transaction_read_only = on");
        try (TestCluster job = job()) {
            live();
            tables.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
            tables.execute("SELECT pg_reload_conf()");
            try {
                live();
            } finally {
                tables.execute("ALTER SYSTEM RESET synchronous_standby_names");
                tables.execute("SELECT pg_reload_conf()");
            }
            tables.assertEqualToOracle();
        }
    }

    @Test
    void whatTheKpiDatabaseRefusesIsSetAsideAndAllElseGoesOn() throws Exception {
        crm("");
        tables.executeKpi(
                "ALTER TABLE crm_kpi.crm_automation_sla ADD CONSTRAINT nope CHECK (workflow_id <> 'unlucky')");
        try (TestCluster job = job()) {
            live();
            tables.insertRun("unlucky", Instant.now());
            tables.insertRun("lucky", Instant.now());
            live();
            assertThat(tables.number("SELECT run_count FROM crm_kpi.crm_automation_sla WHERE workflow_id = 'lucky'"))
                    .isEqualTo(1);
            assertThat(tables.number(DEAD_LETTERS + """
                            reason = 'refused_by_database' AND source = 'crm_kpi.crm_automation_sla'
                            AND payload->>'workflow_id' = 'unlucky' AND message LIKE '%nope%'""")).isEqualTo(1);
            Wait.until("the status says so", () -> status().startsWith("degraded KPI rows were refused"));
        }
    }

    @Test
    void aLockNeitherSilencesTheStatusNorMakesMoreConnections() throws Exception {
        crm("");
        String connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'crm-kpi'";
        try (TestCluster job = job()) {
            live();
            long before = tables.number(connections);
            tables.executeKpi("BEGIN; LOCK TABLE crm_kpi.crm_automation_sla IN ACCESS EXCLUSIVE MODE");
            tables.insertRun("w", Instant.now());
            Instant end = Instant.now().plusSeconds(6 + Integer.getInteger("outage.seconds", 4));
            Wait.until("the tables stand still", () -> status().startsWith("catching_up"));
            Wait.until("the status is written all the same", () -> tables.statusUpdatedAt()
                    .isAfter(end));
            // One may be there for a moment that counts the CRM's rows.
            assertThat(tables.number(connections)).isLessThanOrEqualTo(before + 1);
            tables.executeKpi("COMMIT");
            live();
            tables.assertEqualToOracle();
        }
    }

    @Test
    void whileTheSameErrorComesBackTheStatusIsNotLiveAndNamesIt() throws Exception {
        crm("");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.executeKpi("""
                    ALTER TABLE crm_kpi.crm_automation_sla RENAME COLUMN run_count TO runs;
                    CREATE TABLE phases_after_error (phase text);
                    CREATE FUNCTION note_phase() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                      IF (SELECT count(*) FROM phases_after_error) > 0 OR NEW.phase = 'restarting' THEN
                        INSERT INTO phases_after_error VALUES (NEW.phase);
                      END IF;
                      RETURN NEW; END $$;
                    CREATE TRIGGER note AFTER UPDATE ON crm_kpi.crm_kpi_status FOR EACH ROW EXECUTE FUNCTION note_phase()""");
            tables.insertRun("w", Instant.now());
            job.awaitOutput("for the same reason");
            assertThat(job.output()).contains("run_count").doesNotContain("CIRCULAR REFERENCE", "nothing is lost");
            Wait.until(
                    "the status names it", () -> status().startsWith("restarting ") && status().contains("run_count"));
            assertThat(tables.number("SELECT count(*) FROM phases_after_error WHERE phase = 'live'"))
                    .isZero();
            tables.executeKpi("ALTER TABLE crm_kpi.crm_automation_sla RENAME COLUMN runs TO run_count");
            job.awaitKpiTimeAfter(Instant.now(), tables);
            Wait.until("it is live again", () -> status().equals("live -"));
            job.stop();
            assertThat(status()).isEqualTo("stopped -");
        }
    }

    @Test
    void aTableOfWhichNothingCanBeReadIsNotLive() throws Exception {
        crm("");
        tables.execute("UPDATE crm_leads SET created_at = '0044-03-15'");
        try (TestCluster job = job()) {
            Wait.until("the status says so", () -> status().startsWith(
                            "degraded Of crm_leads 8 of 8 rows could not be taken in"));
        }
    }

    @Test
    void aDealThatIsRestoredUnderItsIdKeepsTheHistoryOfItsFirstLife() throws Exception {
        crm("");
        String restore = """
                INSERT INTO crm_deals (id, tenant_id, pipeline_id, stage_id, title, status) VALUES (7, 'mrdj', 1, 1, 'Back', 'open')""";
        String history = """
                SELECT string_agg(visit || ' ' || stage_id || ' ' || coalesce(outcome, '-') || CASE WHEN deleted_at IS NULL THEN '' ELSE ' gone' END,
                                  ', ' ORDER BY visit) FROM crm_kpi.crm_deal_stage_history WHERE deal_id = 7""";
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.execute("UPDATE crm_deals SET stage_id = 3 WHERE id = 7");
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.execute("DELETE FROM crm_deals WHERE id = 7");
            tables.execute(restore);
            tables.execute("UPDATE crm_deals SET stage_id = 2 WHERE id = 7");
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            assertThat(tables.text(history)).isEqualTo("1 3 won gone, 2 1 moved, 3 2 -");
            tables.execute("DELETE FROM crm_deals WHERE id = 7");
            job.awaitKpiTimeAfter(Instant.now(), tables);
        }
        tables.execute(restore);
        try (RunProcess rebuilt = RunProcess.on(tables, folder, "--rebuild")) {
            rebuilt.awaitKpiTimeAfter(Instant.now(), tables);
            assertThat(tables.text(history)).isEqualTo("1 3 won gone, 2 1 moved gone, 3 2 deleted gone, 4 1 -");
            tables.assertEqualToOracle();
            tables.execute("UPDATE crm_deals SET stage_id = 2 WHERE id = 7");
            tables.execute("UPDATE crm_deals SET tenant_id = 'feestkompas' WHERE id = 7");
            rebuilt.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            assertThat(tables.text(history + " AND tenant_id = 'feestkompas'")).isEqualTo("4 1 moved, 5 2 -");
            assertThat(tables.text(history + " AND tenant_id = 'mrdj'"))
                    .as("what it was before it went")
                    .isEqualTo("1 3 won gone, 2 1 moved gone, 3 2 deleted gone");
        }
    }
}
