package nl.rentguy.crm.kpi.benchmarks;

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
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.EmbeddedDatabase;
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

    private static final PrintStream OUT = System.out;

    /** So that all rows with ages are of one instant again soon, which one query of the oracle tells. */
    private static final String OFTEN = "kpi.refresh-interval = 1 min";

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

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "An option of the job; may be given several times.")
    private List<String> settings = new ArrayList<>();

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
        try (EmbeddedDatabase database = EmbeddedDatabase.start(Files.createDirectory(folder.resolve("pg")), port)) {
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

    private int measure(EmbeddedDatabase database, Connection crm, Path folder) throws Exception {
        execute(crm, Workload.PROCEDURES);
        execute(crm, "CALL workload.seed(%d, %d, %d)".formatted(tenants, deals, others));
        execute(crm, "ANALYZE");
        long rows = number(crm, Workload.ROWS);
        List<Work> done = new ArrayList<>();
        settings.add(OFTEN);
        Path bareLog = folder.resolve("bare.log");
        Path jobLog = log == null ? folder.resolve("job.log") : log;
        try (JobProcess bare = JobProcess.java(
                        bareLog,
                        "-cp",
                        System.getProperty("java.class.path"),
                        BareSource.class.getName(),
                        database.jdbcUrl(),
                        BARE_SLOT);
                Connection kpi = database.connect()) {
            Instant start = Instant.now();
            bare.await(() -> progress(bareLog).rows() >= rows);
            bare.await(() -> {
                execute(crm, Workload.BEAT);
                return progress(bareLog).position() > 0;
            });
            done.add(new Work("snapshot, bare source", rows, since(start), bare.cpu()));
            bare.signal("STOP");
            Instant begun = Instant.now();
            try (JobProcess job = JobProcess.run(database, folder, jobLog, settings)) {
                job.awaitKpiTimeAfter(begun, kpi);
                done.add(new Work("snapshot, job", rows, since(begun), job.cpu()));
                backlog(crm, kpi, bare, job, done);
            }
            if (!JobProcess.equalsOracle(crm, kpi, OUT)) {
                return 1;
            }
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

    private void backlog(Connection crm, Connection kpi, JobProcess bare, JobProcess job, List<Work> done)
            throws Exception {
        job.signal("STOP");
        // No longer than a cluster takes for dead what does not answer.
        execute(crm, "SET synchronous_commit = off");
        execute(crm, "CALL workload.change(%d)".formatted(changes));
        execute(crm, Workload.MARKER);
        execute(crm, "SET synchronous_commit = on");
        long before = progress(bare.log()).changes();
        done.add(worked("backlog, bare source", bare, () -> progress(bare.log()).changes() > before + changes));
        bare.close();
        done.add(worked("backlog, job", job, () -> number(kpi, Workload.MARKED) > 0));
        Instant minute = Instant.now().truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
        job.awaitKpiTimeAfter(minute, kpi);
    }

    private Work worked(String what, JobProcess process, JobProcess.Condition until) throws Exception {
        Duration before = process.cpu();
        Instant start = Instant.now();
        process.signal("CONT");
        process.await(until);
        return new Work(what, changes, since(start), process.cpu().minus(before));
    }

    private static BareSource.Progress progress(Path bareLog) throws IOException {
        return Files.readAllLines(bareLog).stream()
                .filter(BareSource.Progress::isIn)
                .reduce((first, second) -> second)
                .map(BareSource.Progress::of)
                .orElse(new BareSource.Progress(Instant.EPOCH, 0, 0, 0));
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
