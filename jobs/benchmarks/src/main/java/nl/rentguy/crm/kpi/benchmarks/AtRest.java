package nl.rentguy.crm.kpi.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.EmbeddedDatabase;
import org.apache.flink.util.FileUtils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What the job costs while nothing happens but its heartbeat: CPU, memory, rows that are written again. And how long it takes to stop and to
 * go on, and what its state takes. Every row is compared with the oracle before anything is printed.
 */
@Command(
        name = "at-rest",
        description = "Measures the job while nothing happens, a stop and a restart.",
        mixinStandardHelpOptions = true)
public final class AtRest implements Callable<Integer> {

    private static final PrintStream OUT = System.out;
    private static final Duration SETTLING = Duration.ofSeconds(70);
    private static final double BYTES_OF_MEGABYTE = 1e6;

    /** Versions of rows that were replaced or deleted, of all tables. */
    private static final String DEAD =
            "SELECT sum(n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE schemaname = 'crm_kpi'";

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "An option of the job; may be given several times.")
    private List<String> settings = new ArrayList<>();

    @Option(names = "--deals", defaultValue = "100000", description = "In the CRM (default: ${DEFAULT-VALUE}).")
    private int deals;

    @Option(
            names = "--others",
            defaultValue = "100000",
            description = "Leads, activities and runs in the CRM, of each so many (default: ${DEFAULT-VALUE}).")
    private int others;

    @Option(names = "--tenants", defaultValue = "50", description = "Companies (default: ${DEFAULT-VALUE}).")
    private int tenants;

    @Option(names = "--seconds", defaultValue = "120", description = "Of rest (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--port", defaultValue = "54329", description = "Port of PostgreSQL (default: ${DEFAULT-VALUE}).")
    private int port;

    private static final String WEB_INTERFACE = "Flink's web interface: ";

    private AtRest() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new AtRest()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("crm-kpi-at-rest-");
        try (EmbeddedDatabase database = EmbeddedDatabase.start(Files.createDirectory(folder.resolve("pg")), port)) {
            database.run("crm/schema.sql");
            database.run("crm/cdc.sql");
            database.migrate();
            try (Connection crm = database.connect();
                    Connection kpi = database.connect()) {
                Oracle.install(crm);
                execute(crm, Workload.PROCEDURES);
                execute(crm, "CALL workload.seed(%d, %d, %d)".formatted(tenants, deals, others));
                execute(crm, "ANALYZE");
                return measure(database, crm, kpi, folder);
            }
        } finally {
            FileUtils.deleteDirectory(folder.toFile());
        }
    }

    private int measure(EmbeddedDatabase database, Connection crm, Connection kpi, Path folder) throws Exception {
        Path log = folder.resolve("job.log");
        List<String> figures = new ArrayList<>();
        try (JobProcess job = JobProcess.run(database, folder, log, settings)) {
            job.awaitKpiTimeAfter(Instant.now(), kpi);
            TimeUnit.NANOSECONDS.sleep(SETTLING.toNanos());
            figures.add("longest checkpoint, snapshot and first publication: %.1f s".formatted(longestCheckpoint(log)));
            long dead = number(kpi, DEAD);
            Duration cpu = job.cpu();
            TimeUnit.SECONDS.sleep(seconds);
            double cores = job.cpu().minus(cpu).toNanos() / 1e9 / seconds;
            execute(kpi, "SELECT pg_stat_force_next_flush()");
            long deadAnHour = (number(kpi, DEAD) - dead) * Duration.ofHours(1).toSeconds() / seconds;
            figures.add("CPU at rest: %.3f of a core".formatted(cores));
            figures.add("memory of the process: %.0f MB".formatted(residentBytes(job) / BYTES_OF_MEGABYTE));
            figures.add("versions of KPI rows replaced or deleted: %,d an hour".formatted(deadAnHour));
            figures.add("live heap: %.0f bytes a deal".formatted((double) liveHeap(job) / deals));
            job.awaitKpiTimeAfter(Instant.now(), kpi);
            if (!JobProcess.equalsOracle(crm, kpi, OUT)) {
                return 1;
            }
            Instant stop = Instant.now();
            job.stop();
            figures.add("stop with a savepoint: %.1f s".formatted(secondsSince(stop)));
        }
        figures.add("savepoint: %.0f bytes a deal, with %.1f leads, activities and runs each"
                .formatted(
                        (double) size(JobProcess.state(folder).resolve("savepoints")) / deals,
                        (double) others / deals));
        Instant start = Instant.now();
        try (JobProcess job = JobProcess.run(database, folder, log, settings)) {
            job.awaitKpiTimeAfter(start, kpi);
            figures.add("start to live, from saved state: %.1f s".formatted(secondsSince(start)));
            if (!JobProcess.equalsOracle(crm, kpi, OUT)) {
                return 1;
            }
        }
        figures.forEach(OUT::println);
        return 0;
    }

    /** Seconds, from its beginning until all tasks have saved their state. */
    private static double longestCheckpoint(Path log) throws IOException, InterruptedException {
        String address = Files.readAllLines(log).stream()
                .filter(line -> line.startsWith(WEB_INTERFACE))
                .map(line -> line.substring(WEB_INTERFACE.length()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the job does not say where its web interface is"));
        JsonNode jobs = get(address + "/jobs").path("jobs");
        return get(address + "/jobs/" + jobs.path(0).path("id").asText() + "/checkpoints")
                        .path("summary")
                        .path("end_to_end_duration")
                        .path("max")
                        .asLong()
                / 1e3;
    }

    private static JsonNode get(String address) throws IOException, InterruptedException {
        return new ObjectMapper()
                .readTree(HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    private static double secondsSince(Instant start) {
        return Duration.between(start, Instant.now()).toMillis() / 1e3;
    }

    private static long residentBytes(JobProcess job) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(job.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .sum();
    }

    /** After a full collection. */
    private static long liveHeap(JobProcess job) throws IOException {
        Process histogram = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(job.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String text = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String total = text.lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("jcmd says " + text));
        return Long.parseLong(total.trim().replaceFirst("^.*\\s", ""));
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static void execute(Connection database, String sql) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(Connection database, String sql) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
