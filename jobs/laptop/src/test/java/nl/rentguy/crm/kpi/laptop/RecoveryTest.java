package nl.rentguy.crm.kpi.laptop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.laptop.sim.LivingCrm;
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
        return RunProcess.start(
                folder.resolve("run.log"),
                List.of(
                        "--set",
                        "crm.jdbc-url=" + tables.jdbcUrl(),
                        "--set",
                        "kpi.jdbc-url=" + tables.jdbcUrl(),
                        "--set",
                        "kpi.username=postgres",
                        "--set",
                        "state.dir=" + folder.resolve("state"),
                        "--set",
                        "state.checkpoint-interval=500 ms",
                        "--set",
                        "cdc.split-size=1000"));
    }

    @Test
    void killedWhileStreamingAndStoppedItContinuesWhereItWas() throws Exception {
        LivingCrm living = tables.companies(21, 3);
        living.seed();
        try (RunProcess first = run()) {
            awaitKpiTimeAfter(Instant.now(), first);
            steps(living, 500);
            first.kill();
        }
        steps(living, 500);
        try (RunProcess second = run()) {
            awaitKpiTimeAfter(Instant.now(), second);
            assertThat(second.output()).contains("Continuing from");
            try (RunProcess another = run()) {
                Wait.until("the other ends", () -> !another.isAlive());
                assertThat(another.output()).contains("which another crm-kpi run is using");
            }
            steps(living, 500);
            assertThat(second.stop()).isEqualTo(143);
            assertThat(second.output()).contains("Stopped; state saved in");
        }
        steps(living, 500);
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
            steps(living, 300);
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
                    .contains("The replication slot 'crm_kpi' is gone", "state.dir")
                    .doesNotContain("Exception");
        }
    }

    private static void steps(LivingCrm living, int count) throws SQLException {
        for (int i = 0; i < count; i++) {
            living.step();
        }
    }

    private void awaitKpiTimeAfter(Instant instant, RunProcess process) throws Exception {
        Wait.until("KPI time passes " + instant, () -> {
            assertThat(process.isAlive()).as(process.output()).isTrue();
            return tables.kpiTimeHasPassed(instant);
        });
    }
}
