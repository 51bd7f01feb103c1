package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The databases go down under {@code crm-kpi run}, each on a server of its own: the job waits, goes on by itself, and ends equal
 * to the oracle. With {@code -Pproof} each outage lasts a minute.
 */
@SuppressWarnings("NullAway.Init") // set before each test
class OutageTest {

    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("outage.seconds", 4));

    @TempDir
    private Path folder;

    private CrmAndTables tables;

    @BeforeEach
    void start() throws Exception {
        tables = CrmAndTables.createApart(folder);
    }

    @AfterEach
    void stop() throws Exception {
        tables.close();
    }

    @Test
    void theCrmServerRestartsAndCutsTheConnection() throws Exception {
        LivingCrm living = tables.companies(31, 3);
        living.seed();
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            CrmAndTables.steps(living, 300);
            tables.stopCrm();
            outage();
            tables.startCrm();
            tables.workInCrm(50);
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            job.awaitOutput("The job runs again");
            tables.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active");
            tables.workInCrm(50);
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            assertThat(job.output()).contains("The job had to stop", "It tries again");
            assertThat(job.output().lines().count()).as(job.output()).isLessThan(25);
        }
    }

    @Test
    void theConnectionToTheCrmIsCutWhileItLivesOn() throws Exception {
        LivingCrm living = tables.companies(32, 3);
        living.seed();
        try (CuttableConnection wire = new CuttableConnection(tables.crmPort());
                RunProcess job = RunProcess.at(
                        "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(wire.port()), tables.kpiUrl(), folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            CrmAndTables.steps(living, 300);
            wire.cut();
            CrmAndTables.steps(living, 300);
            outage();
            wire.mend();
            CrmAndTables.steps(living, 300);
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void theKpiServerIsDownWhileChangesFlow() throws Exception {
        LivingCrm living = tables.companies(33, 3);
        living.seed();
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            CrmAndTables.steps(living, 300);
            tables.stopKpi();
            CrmAndTables.steps(living, 300);
            outage();
            CrmAndTables.steps(living, 300);
            tables.startKpi();
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            tables.executeKpi(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crm-kpi'");
            CrmAndTables.steps(living, 100);
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
        }
    }

    @Test
    void bothServersAreDownAtOnce() throws Exception {
        LivingCrm living = tables.companies(34, 3);
        living.seed();
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            CrmAndTables.steps(living, 300);
            tables.stopKpi();
            tables.stopCrm();
            outage();
            tables.startCrm();
            tables.workInCrm(50);
            tables.startKpi();
            tables.workInCrm(50);
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
        }
    }

    /** As on a laptop that sleeps. With {@code -Pproof} it is longer than a cluster waits for one of its own. */
    @Test
    void theProcessIsHeldAndGoesOnWhereItWas() throws Exception {
        LivingCrm living = tables.companies(35, 3);
        living.seed();
        tables.execute("ALTER SYSTEM SET wal_sender_timeout = 0");
        tables.execute("SELECT pg_reload_conf()");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            CrmAndTables.steps(living, 300);
            job.signal("STOP");
            CrmAndTables.steps(living, 300);
            outage();
            job.signal("CONT");
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            assertThat(job.output()).doesNotContain("The job had to stop");
        }
    }

    private static void outage() throws Exception {
        Instant end = Instant.now().plus(OUTAGE);
        Wait.until("the outage is over", () -> Instant.now().isAfter(end));
    }
}
