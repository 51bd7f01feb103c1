package nl.rentguy.crm.kpi.laptop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
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
        try (Statement statement = kpi.createStatement()) {
            statement.execute("""
                    CREATE TABLE went_back (key text, held timestamptz, sent timestamptz);
                    CREATE FUNCTION watch_as_of() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                      IF NEW.as_of < OLD.as_of THEN INSERT INTO went_back VALUES (NEW::text, OLD.as_of, NEW.as_of); END IF;
                      RETURN NEW;
                    END $$;
                    CREATE TRIGGER watch AFTER UPDATE ON crm_kpi.crm_pipeline_velocity FOR EACH ROW EXECUTE FUNCTION watch_as_of();
                    CREATE TRIGGER watch AFTER UPDATE ON crm_kpi.crm_automation_sla FOR EACH ROW EXECUTE FUNCTION watch_as_of()""");
        }
    }

    @AfterEach
    void stop() throws Exception {
        crm.close();
        kpi.close();
        database.close();
    }

    private RunProcess run() throws Exception {
        return RunProcess.start(
                folder.resolve("run.log"),
                List.of(
                        "--set",
                        "crm.jdbc-url=" + database.jdbcUrl(),
                        "--set",
                        "kpi.jdbc-url=" + database.jdbcUrl(),
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
        LivingCrm living = new LivingCrm(crm, 21, 3);
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
            steps(living, 500);
            assertThat(second.stop()).isEqualTo(143);
            assertThat(second.output()).contains("Stopped; state saved in");
        }
        steps(living, 500);
        try (RunProcess third = run()) {
            awaitKpiTimeAfter(Instant.now(), third);
            assertEqualToOracle();
        }
    }

    @Test
    void killedInTheSnapshotItStartsOverAndEndsEqual() throws Exception {
        LivingCrm living = new LivingCrm(crm, 22, 12);
        living.seed();
        try (RunProcess first = run()) {
            Wait.until("the snapshot has begun", () -> number("SELECT count(*) FROM pg_replication_slots") > 0);
            first.kill();
        }
        assertThat(number("SELECT count(*) FROM crm_kpi.crm_pipeline_velocity"))
                .as("rows before the snapshot is complete")
                .isZero();
        try (RunProcess second = run()) {
            awaitKpiTimeAfter(Instant.now(), second);
            steps(living, 300);
            awaitKpiTimeAfter(Instant.now(), second);
            assertEqualToOracle();
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
            return Audit.hasPassed(kpi, JobOptions.KPI_PIPELINE_NAME.defaultValue(), instant);
        });
    }

    private void assertEqualToOracle() throws SQLException {
        for (Kpi table : new Kpis(KpiSettings.DEFAULTS).list()) {
            assertThat(Audit.of(table.table(), crm, kpi).differences()).isEmpty();
        }
        assertThat(number("SELECT count(*) FROM went_back"))
                .as("rows whose as_of went back")
                .isZero();
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
