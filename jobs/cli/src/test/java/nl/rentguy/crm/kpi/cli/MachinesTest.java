package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.doctor.Doctor;
import nl.rentguy.crm.kpi.doctor.Doctor.Start;
import nl.rentguy.crm.kpi.doctor.Finding;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.FileUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing depends on the machine's language, time zone, folders or names, nor on what stands between it and the databases. */
@SuppressWarnings("NullAway.Init") // set before each test
class MachinesTest {

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

    @Test
    void digitsAndYearsOfOtherLanguagesAndAFolderOfAnyLettersDoNotMatter() throws Exception {
        LivingCrm living = tables.companies(51, 2);
        living.seed();
        String stateDir = folder.resolve("my state # %41 é+?&[b]").toString();
        List<String> arabic = List.of(
                "-Duser.language=ar", "-Duser.country=EG", "-Duser.timezone=Asia/Kolkata", "-Dsun.jnu.encoding=UTF-8");
        List<String> thai =
                List.of("-Duser.language=th", "-Duser.country=TH", "-Duser.variant=TH", "-Dsun.jnu.encoding=UTF-8");
        try (RunProcess first = RunProcess.with(tables, folder, stateDir, arabic)) {
            first.awaitKpiTimeAfter(Instant.now(), tables);
            CrmAndTables.steps(living, 200);
            first.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
            assertThat(first.stop()).isEqualTo(143);
            assertThat(first.output()).contains("Stopped; state saved in");
        }
        CrmAndTables.steps(living, 50);
        try (RunProcess second = RunProcess.with(tables, folder, stateDir, thai)) {
            second.awaitKpiTimeAfter(Instant.now(), tables);
            assertThat(second.output()).contains("Continuing from " + stateDir + "/savepoints");
            tables.assertEqualToOracle();
        }
        try (Stream<Path> besides = Files.list(folder)) {
            assertThat(besides.map(path -> path.getFileName().toString()))
                    .as("folders of another spelling")
                    .containsExactlyInAnyOrder("pg", "my state # %41 é+?&[b]", "run.log");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a,b", "a:b", "a\\b"})
    void aFolderThatFlinkCannotTakeIsRefused(String name) {
        assertThatThrownBy(() -> SavedState.in(folder.resolve(name).toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("without comma, colon and backslash");
    }

    @Test
    void aDatabaseOfAnyNameIsRead() throws Exception {
        tables.execute("CREATE DATABASE \"my crm # é\"");
        String url = tables.jdbcUrl().replace("/postgres", "/my%20crm%20%23%20%C3%A9");
        try (Connection crm = DriverManager.getConnection(url, "postgres", "");
                Statement statement = crm.createStatement()) {
            statement.execute(Oracle.sql("crm/schema.sql"));
            statement.execute(Oracle.sql("crm/cdc.sql").replace("CREATE ROLE crm_kpi_cdc LOGIN REPLICATION;", ""));
            new LivingCrm(crm, 52, 1).seed();
            try (RunProcess job = RunProcess.at(url, tables.kpiUrl(), folder)) {
                job.awaitKpiTimeAfter(Instant.now(), tables);
                assertThat(tables.number("SELECT sum(deal_count) FROM crm_kpi.crm_pipeline_velocity"))
                        .isPositive();
                assertThat(job.stop()).isEqualTo(143);
            }
            statement.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%2Bb", "a%25b", "a%3Fb", "a%24b"})
    void aNameThatTheReaderOfTheLogCannotTakeIsRefused(String name) {
        assertThatThrownBy(() ->
                        Database.crm(config("crm.jdbc-url=" + tables.jdbcUrl().replace("/postgres", "/" + name))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("cannot take");
    }

    private static Configuration config(String... settings) {
        return JobConfig.load(null, Map.of(), List.of(settings));
    }

    @Test
    void aPoolerIsNamedAndWhatHelps() throws Exception {
        Path pooler = Path.of("/usr/sbin/pgbouncer");
        boolean must = Boolean.parseBoolean(System.getenv("CI"));
        assumeTrue(must || Files.isExecutable(pooler), "skipped, as there is no /usr/sbin/pgbouncer");
        int port = Ports.free("port", 0);
        Path shared = Files.createTempDirectory(Path.of("/tmp"), "crm-kpi-pooler-");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path users = Files.writeString(shared.resolve("users.txt"), "\"postgres\" \"\"\n\"crm_kpi_cdc\" \"\"\n");
        Path ini = Files.writeString(shared.resolve("pgbouncer.ini"), """
                [databases]
                postgres = host=127.0.0.1 port=%s
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %s
                unix_socket_dir =
                auth_type = trust
                auth_file = %s
                pool_mode = transaction
                ignore_startup_parameters = extra_float_digits
                """.formatted(
                        Integer.toString(tables.crmPort()), Integer.toString(port), users));
        Process process = new ProcessBuilder(asNobody(pooler.toString(), ini.toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("pgbouncer.log").toFile())
                .start();
        String pooled = "jdbc:postgresql://127.0.0.1:%s/postgres".formatted(Integer.toString(port));
        try {
            Wait.until("the pooler listens", () -> {
                try (Connection connection = DriverManager.getConnection(pooled, "postgres", "")) {
                    return connection.isValid(5);
                } catch (SQLException e) {
                    return false;
                }
            });
            List<Finding> findings = Doctor.examine(
                    config("crm.jdbc-url=" + pooled, "kpi.jdbc-url=" + pooled, "kpi.username=postgres"), Start.AGAIN);
            assertThat(findings).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("CRM replication connection");
                assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
                assertThat(finding.message()).contains("replication");
            });
            assertThat(findings).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("KPI pooler");
                assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
                assertThat(String.join(" ", finding.remedies())).contains("prepareThreshold=0");
            });
            LivingCrm living = tables.companies(53, 1);
            living.seed();
            try (RunProcess job = RunProcess.at(tables.jdbcUrl(), pooled + "?prepareThreshold=0", folder)) {
                job.awaitKpiTimeAfter(Instant.now(), tables);
                CrmAndTables.steps(living, 100);
                job.awaitKpiTimeAfter(Instant.now(), tables);
                tables.assertEqualToOracle();
                assertThat(job.output()).doesNotContain("prepared statement");
            }
        } finally {
            process.destroyForcibly().waitFor();
            FileUtils.deleteDirectory(shared.toFile());
        }
    }

    /** It refuses to run as root. */
    private static List<String> asNobody(String... command) {
        List<String> all = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            all.addAll(List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"));
        }
        all.addAll(List.of(command));
        return all;
    }

    @Test
    void theCauseOfAFailureIsNamedWhereverItStandsInTheStack() {
        assertThat(LocalJob.cause("""
                java.io.IOException: Could not perform checkpoint 17
                	at x.y
                	Suppressed: java.lang.RuntimeException: Writing records to JDBC failed.
                		at x.y
                	Caused by: java.io.IOException: java.sql.BatchUpdateException: Batch entry 0 ... was aborted
                	Caused by: org.postgresql.util.PSQLException: ERROR: new row violates check constraint "nope"
                		at x.y
                Caused by: [CIRCULAR REFERENCE: java.io.IOException: java.sql.BatchUpdateException: Batch entry 0]
                """)).isEqualTo("ERROR: new row violates check constraint \"nope\"");
        assertThat(LocalJob.cause("""
                org.apache.flink.util.FlinkRuntimeException: x
                Caused by: org.postgresql.util.PSQLException: Connection to 127.0.0.1:5432 refused. Check that the hostname and port are correct
                Caused by: java.net.ConnectException: Connection refused
                """)).isEqualTo("Connection to 127.0.0.1:5432 refused");
        assertThat(LocalJob.cause("java.lang.IllegalStateException: nothing more"))
                .isEqualTo("nothing more");
    }
}
