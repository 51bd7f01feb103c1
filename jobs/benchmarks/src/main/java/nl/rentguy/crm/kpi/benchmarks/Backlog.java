package nl.rentguy.crm.kpi.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.laptop.CrmKpi;
import nl.rentguy.crm.kpi.laptop.LaptopDatabase;
import org.apache.flink.util.FileUtils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How fast the job takes in a snapshot and works off a backlog, beside its own source that does nothing else: the same data, one
 * process each, one after the other, each with a slot of its own. Both are held by a signal while the backlog is written, so the
 * figures are net of any start. Every row is compared with the oracle before anything is printed.
 */
@Command(
        name = "backlog",
        description = "Measures a snapshot and a backlog, beside the bare source.",
        mixinStandardHelpOptions = true)
public final class Backlog implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofMinutes(6);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final PrintStream OUT = System.out;
    private static final String BARE_SLOT = "bare_source";

    @Option(names = "--changes", defaultValue = "500000", description = "In the backlog (default: ${DEFAULT-VALUE}).")
    private int changes;

    @Option(names = "--deals", defaultValue = "50000", description = "In the snapshot (default: ${DEFAULT-VALUE}).")
    private int deals;

    @Option(
            names = "--others",
            defaultValue = "100000",
            description = "Leads, activities and runs in the snapshot, of each so many (default: ${DEFAULT-VALUE}).")
    private int others;

    @Option(names = "--tenants", defaultValue = "50", description = "Companies (default: ${DEFAULT-VALUE}).")
    private int tenants;

    @Option(names = "--port", defaultValue = "54327", description = "Port of PostgreSQL (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--keep-log", description = "A file for what the job prints.")
    private @Nullable Path log;

    private Backlog() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Backlog()).execute(args));
    }

    /** A stretch of work: how long it took, and how much CPU the process spent on it. */
    private record Work(String what, long rows, Duration wall, Duration cpu) {

        double perSecond() {
            return rows / seconds(wall);
        }

        void print() {
            OUT.printf(
                    "%-28s %,10d rows in %6.1f s: %,8.0f a second, %5.1f s CPU, %4.0f us each%n",
                    what, rows, seconds(wall), perSecond(), seconds(cpu), 1e6 * seconds(cpu) / rows);
        }

        static double seconds(Duration duration) {
            return duration.toNanos() / 1e9;
        }
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("crm-kpi-backlog-");
        try (LaptopDatabase database = LaptopDatabase.start(Files.createDirectory(folder.resolve("pg")), port)) {
            database.run("crm/schema.sql");
            database.run("crm/cdc.sql");
            database.migrate();
            try (Connection crm = database.connect()) {
                Oracle.install(crm);
                execute(crm, "ALTER SYSTEM SET wal_sender_timeout = 0");
                execute(crm, "ALTER SYSTEM SET max_wal_size = '8GB'");
                execute(crm, "SELECT pg_reload_conf()");
                return measure(database, crm, folder);
            }
        } finally {
            FileUtils.deleteDirectory(folder.toFile());
        }
    }

    private int measure(LaptopDatabase database, Connection crm, Path folder) throws Exception {
        execute(crm, Workload.PROCEDURES);
        execute(crm, "CALL workload.seed(%d, %d, %d)".formatted(tenants, deals, others));
        execute(crm, "ANALYZE");
        long rows = number(crm, Workload.ROWS);
        List<Work> done = new ArrayList<>();
        Path bareLog = folder.resolve("bare.log");
        Path jobLog = log == null ? folder.resolve("job.log") : log;
        Process bare = java(bareLog, "-cp", classPath(), BareSource.class.getName(), database.jdbcUrl(), BARE_SLOT);
        try (Connection kpi = database.connect()) {
            Instant start = Instant.now();
            await(bare, bareLog, () -> progress(bareLog).rows() >= rows);
            await(bare, bareLog, () -> {
                execute(crm, Workload.BEAT);
                return progress(bareLog).position() > 0;
            });
            done.add(new Work("snapshot, bare source", rows, since(start), cpu(bare)));
            signal(bare, "STOP");
            Instant begun = Instant.now();
            Process job = java(jobLog, "-jar", jar(), "run", "--ui-port", "0", "--config", config(database, folder));
            try {
                await(job, jobLog, () -> hasPassed(kpi, begun));
                done.add(new Work("snapshot, job", rows, since(begun), cpu(job)));
                backlog(crm, kpi, bare, bareLog, job, jobLog, done);
            } finally {
                job.destroyForcibly().waitFor();
            }
            for (Kpi table : new Kpis(KpiSettings.DEFAULTS).list()) {
                Audit.Result result = Audit.of(table.table(), KpiSettings.DEFAULTS, crm, kpi);
                if (!result.differences().isEmpty()) {
                    OUT.printf(
                            "%s: %d differences%n",
                            result.table(), result.differences().size());
                    result.differences().stream().limit(10).forEach(OUT::println);
                    return 1;
                }
                OUT.printf("Oracle: %s, %,d rows, 0 differences%n", result.table(), result.rows());
            }
        } finally {
            bare.destroyForcibly().waitFor();
        }
        done.forEach(Work::print);
        OUT.printf(
                "snapshot: %.2f times the bare source%n",
                done.get(1).perSecond() / done.get(0).perSecond());
        OUT.printf(
                "backlog: %.2f of the bare source%n",
                done.get(3).perSecond() / done.get(2).perSecond());
        return 0;
    }

    private void backlog(
            Connection crm, Connection kpi, Process bare, Path bareLog, Process job, Path jobLog, List<Work> done)
            throws Exception {
        signal(job, "STOP");
        // No longer than a cluster takes for dead what does not answer.
        execute(crm, "SET synchronous_commit = off");
        execute(crm, "CALL workload.change(%d)".formatted(changes));
        execute(crm, Workload.MARKER);
        execute(crm, "SET synchronous_commit = on");
        long before = progress(bareLog).changes();
        done.add(worked(
                "backlog, bare source", bare, bareLog, () -> progress(bareLog).changes() > before + changes));
        bare.destroyForcibly().waitFor();
        done.add(worked("backlog, job", job, jobLog, () -> number(kpi, Workload.MARKED) > 0));
        // Then all rows with ages are of one instant again, which one query of the oracle tells.
        Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
        await(job, jobLog, () -> hasPassed(kpi, minute));
    }

    private Work worked(String what, Process process, Path processLog, Condition until) throws Exception {
        Duration before = cpu(process);
        Instant start = Instant.now();
        signal(process, "CONT");
        await(process, processLog, until);
        return new Work(what, changes, since(start), cpu(process).minus(before));
    }

    private static String config(LaptopDatabase database, Path folder) throws IOException {
        return Files.writeString(
                        folder.resolve("job.properties"), """
                crm.jdbc-url = %1$s
                kpi.jdbc-url = %1$s
                kpi.username = postgres
                state.dir = %2$s
                """.formatted(database.jdbcUrl(), folder.resolve("state")))
                .toString();
    }

    private static Process java(Path output, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private static String jar() throws Exception {
        return new File(CrmKpi.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }

    private static BareSource.Progress progress(Path bareLog) throws IOException {
        return Files.readAllLines(bareLog).stream()
                .filter(BareSource.Progress::isIn)
                .reduce((first, second) -> second)
                .map(BareSource.Progress::of)
                .orElse(new BareSource.Progress(Instant.EPOCH, 0, 0, 0));
    }

    /** Something that holds at some time. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Process process, Path processLog, Condition condition) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!condition.holds()) {
            if (!process.isAlive() || Instant.now().isAfter(deadline)) {
                throw new IllegalStateException("it does not get there:\n" + Files.readString(processLog));
            }
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
    }

    private static boolean hasPassed(Connection kpi, Instant instant) throws SQLException {
        return Audit.hasPassed(kpi, JobOptions.KPI_PIPELINE_NAME.defaultValue(), instant);
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private static Duration cpu(Process process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static Duration since(Instant start) {
        return Duration.between(start, Instant.now());
    }

    private static void execute(Connection database, String sql) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(Connection database, String sql) throws SQLException {
        return Long.parseLong(text(database, sql));
    }

    private static String text(Connection database, String sql) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
