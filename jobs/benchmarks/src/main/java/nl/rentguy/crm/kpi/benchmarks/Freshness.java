package nl.rentguy.crm.kpi.benchmarks;

import java.io.File;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
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
import nl.rentguy.crm.kpi.laptop.sim.LivingCrm;
import org.apache.flink.util.FileUtils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How long a change takes from its commit in the CRM until a reader of the KPI table sees it: {@code crm-kpi run} with its
 * default settings, as a process of its own, on an embedded PostgreSQL that holds both databases. Every row is compared with the
 * oracle before anything is printed.
 */
@Command(
        name = "freshness",
        description = "Measures commit in the CRM to visible in the KPI table.",
        mixinStandardHelpOptions = true)
public final class Freshness implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final PrintStream OUT = System.out;

    @Option(names = "--rate", defaultValue = "500", description = "Changes per second (default: ${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--warm-up",
            defaultValue = "20",
            description = "Seconds before it is measured (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(
            names = "--seconds",
            defaultValue = "60",
            description = "Seconds that are measured (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--port", defaultValue = "54328", description = "Port of PostgreSQL (default: ${DEFAULT-VALUE}).")
    private int port;

    private Freshness() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Freshness()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("crm-kpi-freshness-");
        try (LaptopDatabase database = LaptopDatabase.start(Files.createDirectory(folder.resolve("pg")), port)) {
            database.run("crm/schema.sql");
            database.run("crm/cdc.sql");
            database.migrate();
            try (Connection seeding = database.connect()) {
                Oracle.install(seeding);
                LivingCrm crm = new LivingCrm(seeding, 1, 4);
                crm.seed();
                Probes.prepare(seeding);
                Process job = job(database, folder);
                try {
                    return measure(database, crm, job, folder);
                } finally {
                    job.destroyForcibly().waitFor();
                }
            }
        } finally {
            FileUtils.deleteDirectory(folder.toFile());
        }
    }

    private int measure(LaptopDatabase database, LivingCrm crm, Process job, Path folder) throws Exception {
        try (Connection reading = database.connect();
                Connection probing = database.connect()) {
            awaitKpiTimeAfter(Instant.now(), reading, job, folder);
            Probes probes = new Probes(probing, database);
            probes.run(crm, rate, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds));
            awaitKpiTimeAfter(Instant.now(), reading, job, folder);
            for (Kpi kpi : new Kpis(KpiSettings.DEFAULTS).list()) {
                Audit.Result result = Audit.of(kpi.table(), KpiSettings.DEFAULTS, probing, reading);
                OUT.printf(
                        "Oracle: %s, %,d rows, %d differences%n",
                        result.table(), result.rows(), result.differences().size());
                if (!result.differences().isEmpty()) {
                    result.differences().stream().limit(10).forEach(OUT::println);
                    return 1;
                }
            }
            probes.print(OUT);
            return 0;
        }
    }

    private static Process job(LaptopDatabase database, Path folder) throws Exception {
        Path config = Files.writeString(
                folder.resolve("job.properties"), """
                crm.jdbc-url = %1$s
                kpi.jdbc-url = %1$s
                kpi.username = postgres
                state.dir = %2$s
                """.formatted(database.jdbcUrl(), folder.resolve("state")));
        File jar = new File(
                CrmKpi.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        jar.toString(),
                        "run",
                        "--ui-port",
                        "0",
                        "--config",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("run.log").toFile())
                .start();
    }

    private static void awaitKpiTimeAfter(Instant instant, Connection reading, Process job, Path folder)
            throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!Audit.hasPassed(reading, JobOptions.KPI_PIPELINE_NAME.defaultValue(), instant)) {
            if (!job.isAlive() || Instant.now().isAfter(deadline)) {
                throw new IllegalStateException(
                        "the job does not get there:\n" + Files.readString(folder.resolve("run.log")));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
