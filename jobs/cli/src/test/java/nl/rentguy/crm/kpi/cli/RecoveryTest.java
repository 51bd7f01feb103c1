package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code crm-kpi run} as a process: stopped and killed, it continues where it was, and ends equal to the oracle. */
@SuppressWarnings("NullAway.Init") // set before each test
class RecoveryTest {

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

    private RunProcess run() throws Exception {
        return RunProcess.on(tables, folder);
    }

    @Test
    void killedWhileStreamingAndStoppedItContinuesWhereItWas() throws Exception {
        LivingCrm living = tables.companies(21, 3);
        living.seed();
        try (RunProcess first = run()) {
            awaitKpiTimeAfter(Instant.now(), first);
            CrmAndTables.steps(living, 500);
            first.kill();
        }
        CrmAndTables.steps(living, 500);
        try (RunProcess second = run()) {
            awaitKpiTimeAfter(Instant.now(), second);
            assertThat(second.output()).contains("Continuing from");
            try (RunProcess another = run()) {
                Wait.until("the other ends", () -> !another.isAlive());
                assertThat(another.output()).contains("which another crm-kpi run is using");
            }
            CrmAndTables.steps(living, 500);
            assertThat(second.stop()).isEqualTo(143);
            assertThat(second.output()).contains("Stopped; state saved in");
        }
        CrmAndTables.steps(living, 500);
        try (RunProcess third = run()) {
            awaitKpiTimeAfter(Instant.now(), third);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void killedInTheSnapshotItStartsOverAndEndsEqual() throws Exception {
        LivingCrm living = tables.companies(22, 12);
        living.seed();
        try (RunProcess first = run()) {
            Wait.until("the snapshot has begun", () -> tables.number("SELECT count(*) FROM pg_replication_slots") > 0);
            first.kill();
        }
        assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_pipeline_velocity"))
                .as("rows before the snapshot is complete")
                .isZero();
        try (RunProcess second = run()) {
            awaitKpiTimeAfter(Instant.now(), second);
            CrmAndTables.steps(living, 300);
            awaitKpiTimeAfter(Instant.now(), second);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void withoutItsSlotItRefusesToContinue() throws Exception {
        try (RunProcess first = run()) {
            awaitKpiTimeAfter(Instant.now(), first);
            Wait.until(
                    "a checkpoint is there",
                    () -> new SavedState(folder.resolve("state")).newest().isPresent());
            first.kill();
        }
        Wait.until(
                "the slot is free", () -> tables.number("SELECT count(*) FROM pg_replication_slots WHERE active") == 0);
        tables.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        try (RunProcess second = run()) {
            Wait.until("it ends", () -> !second.isAlive());
            assertThat(second.output())
                    .contains("there is no slot 'crm_kpi'", "--rebuild")
                    .doesNotContain("Exception");
        }
    }

    @Test
    void aSlotThatIsAheadIsRefusedAndARebuildStartsAnewWhileTheTablesStand() throws Exception {
        LivingCrm living = tables.companies(23, 3);
        living.seed();
        try (RunProcess first = run()) {
            awaitKpiTimeAfter(Instant.now(), first);
            CrmAndTables.steps(living, 300);
            awaitKpiTimeAfter(Instant.now(), first);
            Wait.until(
                    "a checkpoint is there",
                    () -> new SavedState(folder.resolve("state")).newest().isPresent());
            first.kill();
        }
        Wait.until(
                "the slot is free", () -> tables.number("SELECT count(*) FROM pg_replication_slots WHERE active") == 0);
        // Somebody drops the slot, the CRM lives on, and somebody makes the slot anew.
        tables.execute("SELECT pg_drop_replication_slot('crm_kpi')");
        long seen = tables.crmNumber("SELECT max(seq) FROM oracle.deal_versions");
        CrmAndTables.steps(living, 100);
        tables.execute("SELECT pg_create_logical_replication_slot('crm_kpi', 'pgoutput')");
        long rows = tables.number("SELECT count(*) FROM crm_kpi.crm_pipeline_velocity");
        try (RunProcess second = run()) {
            Wait.until("it ends", () -> !second.isAlive());
            assertThat(second.output()).contains("the replication slot 'crm_kpi' begins at", "--rebuild");
        }
        assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_pipeline_velocity"))
                .as("rows after the refusal")
                .isEqualTo(rows);
        tables.execute("""
                CREATE TABLE deletions (at timestamptz);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF NOT EXISTS (SELECT FROM crm_kpi.crm_pipeline_velocity v WHERE (v.tenant_id, v.pipeline_id, v.stage_id, v.currency)
                      = (OLD.tenant_id, OLD.pipeline_id, OLD.stage_id, OLD.currency)) THEN
                    INSERT INTO deletions VALUES (OLD.as_of);
                  END IF;
                  RETURN OLD; END $$;
                -- As readers see it: when the transaction is over.
                CREATE CONSTRAINT TRIGGER note AFTER DELETE ON crm_kpi.crm_pipeline_velocity
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()""");
        // What the first job saw of a deal is remembered; of what nobody saw a snapshot knows the newest version alone.
        tables.execute("""
                DELETE FROM oracle.deal_versions v WHERE seq > %1$d
                AND EXISTS (SELECT FROM oracle.deal_versions later WHERE later.deal_id = v.deal_id AND later.seq > v.seq);
                UPDATE oracle.deal_versions SET xid = NULL WHERE seq > %1$d""".formatted(seen));
        Instant rebuilt = Instant.now();
        try (RunProcess third = RunProcess.on(tables, folder, "--rebuild")) {
            awaitKpiTimeAfter(rebuilt, third);
            CrmAndTables.steps(living, 100);
            awaitKpiTimeAfter(Instant.now(), third);
            tables.assertEqualToOracle();
            assertThat(tables.number("SELECT count(*) FROM deletions"))
                    .as("rows that readers missed in the meantime")
                    .isZero();
            Wait.until("deals that were deleted unseen are known to be gone", () -> tables.number("""
                            SELECT count(*) FROM crm_kpi.crm_deal_stage_history h
                            WHERE (outcome IS NULL OR outcome = 'reopened')
                              AND NOT EXISTS (SELECT FROM public.crm_deals d WHERE d.id = h.deal_id)""") == 0);
        }
    }

    private void awaitKpiTimeAfter(Instant instant, RunProcess process) throws Exception {
        process.awaitKpiTimeAfter(instant, tables);
    }
}
