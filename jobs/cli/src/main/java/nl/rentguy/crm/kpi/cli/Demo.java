package nl.rentguy.crm.kpi.cli;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.FileUtils;
import org.apache.flink.util.TimeUtils;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import picocli.CommandLine;

/** The demo: a list of steps. Everything it makes is below one temporary folder, which goes with it. */
final class Demo {

    /**
     * What the user asked for.
     *
     * @param lives how long the CRM lives
     * @param hold how much longer the databases and the job stay up
     * @param rate things that happen per second
     */
    record Settings(
            Duration lives, Duration hold, int pgPort, int uiPort, long seed, int rate, int tenants, boolean verify) {}

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** As the CRM's own workflows have them. */
    private static final Map<String, Integer> SLA_MINUTES =
            Map.of("lead_intake", 15, "proposal_followup", 60, "post_event_care", 120);

    private final Settings settings;
    private final PrintStream out;
    private volatile boolean stopping;

    Demo(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /** @return the exit code: 0 fine, 1 when the tables differ from the oracle or the job failed */
    int run() throws Exception {
        Path folder = Files.createTempDirectory("crm-kpi-demo-");
        // Flink puts its temporary files there too, so that they go with it.
        System.setProperty("java.io.tmpdir", folder.toString());
        Thread main = Thread.currentThread();
        CountDownLatch ended = new CountDownLatch(1);
        Thread onCtrlC = new Thread(() -> {
            stopping = true;
            // PostgreSQL ends at the same signal; what the job says of that is of no interest.
            Configurator.setRootLevel(Level.OFF);
            main.interrupt();
            try {
                ended.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(onCtrlC);
        try {
            return steps(folder);
        } catch (Exception e) {
            if (!stopping) {
                throw e;
            }
            return 0;
        } finally {
            FileUtils.deleteDirectory(folder.toFile());
            say("Stopped; nothing is left behind");
            ended.countDown();
            if (!stopping) {
                Runtime.getRuntime().removeShutdownHook(onCtrlC);
            }
        }
    }

    private int steps(Path folder) throws Exception {
        say("Starting PostgreSQL on port %d", settings.pgPort());
        try (EmbeddedDatabase database =
                        EmbeddedDatabase.start(Files.createDirectory(folder.resolve("pg")), settings.pgPort());
                Connection crmConnection = database.connect();
                Connection reader = database.connect()) {
            database.run("crm/schema.sql");
            LivingCrm crm = new LivingCrm(crmConnection, settings.seed(), settings.tenants());
            crm.seed();
            database.run("crm/cdc.sql");
            Oracle.install(crmConnection);
            Oracle.tell(crmConnection, Definitions.kpiSettings(config(database)));
            database.migrate();
            long rows = rows(reader);
            say("The CRM has %,d rows: 120 days of %d companies", rows, settings.tenants());
            try (LocalJob job = LocalJob.start(
                    config(database), new SavedState(folder.resolve("state")), Optional.empty(), settings.uiPort())) {
                say("Flink's web interface: %s", job.uiAddress());
                awaitLive(job, reader, rows);
                say("Live %.1f s after the start of the JVM", uptime().toMillis() / 1000.0);
                say("Tables: psql '%s'", psql());
                say("JDBC:   %s (schema crm_kpi)", database.jdbcUrlWithUser());
                say("");
                live(crm, reader);
                int code = settings.verify()
                        ? verify(crmConnection, reader, Definitions.kpiSettings(config(database)))
                        : 0;
                hold();
                // What the job has to say of its end is of no interest.
                Configurator.setRootLevel(Level.OFF);
                return code;
            }
        }
    }

    private String psql() {
        return "postgresql://postgres@127.0.0.1:%d/postgres".formatted(settings.pgPort());
    }

    private static Configuration config(EmbeddedDatabase database) {
        Configuration config = new Configuration();
        config.set(JobOptions.CRM_JDBC_URL, database.jdbcUrl());
        config.set(JobOptions.CRM_USERNAME, EmbeddedDatabase.CDC_ROLE);
        config.set(JobOptions.KPI_JDBC_URL, database.jdbcUrl());
        config.set(JobOptions.KPI_USERNAME, "postgres");
        config.set(JobOptions.STATE_CHECKPOINT_INTERVAL, Duration.ofSeconds(2));
        SLA_MINUTES.forEach((workflow, minutes) -> config.setString("kpi.sla-minutes." + workflow, minutes.toString()));
        return config;
    }

    private void awaitLive(LocalJob job, Connection reader, long rows) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        long shown = -1;
        while (!published(reader)) {
            if (job.status().isGloballyTerminalState() || Instant.now().isAfter(deadline)) {
                throw new IllegalStateException("the job is " + job.status() + " and has published nothing");
            }
            long read = Math.min(job.eventsRead(), rows);
            if (read != shown) {
                shown = read;
                say("Snapshot: %,d of %,d rows", read, rows);
            }
            TimeUnit.MILLISECONDS.sleep(250);
        }
    }

    private void live(LivingCrm crm, Connection reader) throws SQLException, InterruptedException {
        LiveBoard board = new LiveBoard(out, CommandLine.Help.Ansi.AUTO.enabled());
        Instant end = Instant.now().plus(settings.lives());
        long started = System.nanoTime();
        long done = 0;
        long drawn = 0;
        while (Instant.now().isBefore(end)) {
            long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
            for (long due = elapsedMillis * settings.rate() / 1000;
                    done < due && Instant.now().isBefore(end);
                    done++) {
                crm.step();
            }
            if (elapsedMillis / 1000 >= drawn) {
                drawn = elapsedMillis / 1000 + 1;
                board.draw(reader);
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        board.drawLast(reader);
        say("The CRM has come to rest after %,d events", done);
    }

    private int verify(Connection crm, Connection reader, KpiSettings kpiSettings)
            throws SQLException, InterruptedException {
        Instant rest = Instant.now();
        Instant deadline = rest.plus(PATIENCE);
        String pipeline = JobOptions.KPI_PIPELINE_NAME.defaultValue();
        while (!Audit.hasPassed(reader, pipeline, rest)) {
            if (Instant.now().isAfter(deadline)) {
                say("KPI time has not passed %s within %s", rest, PATIENCE);
                return 1;
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        say("Comparing every row with the oracle");
        int code = 0;
        for (Kpi kpi : new Kpis(kpiSettings).list()) {
            Audit.Result result = Audit.of(kpi.table(), kpiSettings, crm, reader);
            List<String> differences = result.differences();
            say("Oracle: %s, %,d rows, %d differences", result.table(), result.rows(), differences.size());
            differences.stream().limit(20).forEach(difference -> say("  %s", difference));
            code = differences.isEmpty() ? code : 1;
        }
        return code;
    }

    private void hold() throws InterruptedException {
        if (!settings.hold().isZero()) {
            say("Databases and job stay up for %s more", TimeUtils.formatWithHighestUnit(settings.hold()));
            Thread.sleep(settings.hold().toMillis());
        }
    }

    private static boolean published(Connection reader) throws SQLException {
        try (Statement statement = reader.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT EXISTS (SELECT FROM crm_kpi.crm_pipeline_velocity)
                           AND EXISTS (SELECT FROM crm_kpi.crm_automation_sla)
                           AND EXISTS (SELECT FROM crm_kpi.crm_kpi_status WHERE kpi_time IS NOT NULL)""")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static long rows(Connection reader) throws SQLException {
        long rows = 0;
        try (Statement statement = reader.createStatement()) {
            for (CrmTable table : CrmTable.values()) {
                try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table.tableName())) {
                    row.next();
                    rows += row.getLong(1);
                }
            }
        }
        return rows;
    }

    private static Duration uptime() {
        return Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime());
    }

    private void say(String format, Object... arguments) {
        out.printf(Locale.ROOT, format + "%n", arguments);
    }
}
