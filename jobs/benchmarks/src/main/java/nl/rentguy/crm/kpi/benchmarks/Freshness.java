package nl.rentguy.crm.kpi.benchmarks;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.EmbeddedDatabase;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
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

    private static final PrintStream OUT = System.out;

    /** So that all rows with ages are of one instant again soon, which one query of the oracle tells. */
    private static final String OFTEN = "kpi.refresh-interval = 1 min";

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

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "An option of the job; may be given several times.")
    private List<String> settings = new ArrayList<>();

    private Freshness() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Freshness()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("crm-kpi-freshness-");
        try (EmbeddedDatabase database = EmbeddedDatabase.start(Files.createDirectory(folder.resolve("pg")), port)) {
            database.run("crm/schema.sql");
            database.run("crm/cdc.sql");
            database.migrate();
            try (Connection seeding = database.connect()) {
                Oracle.install(seeding);
                LivingCrm crm = new LivingCrm(seeding, 1, 4);
                crm.seed();
                Probes.prepare(seeding);
                settings.add(OFTEN);
                try (JobProcess job = JobProcess.run(database, folder, folder.resolve("run.log"), settings)) {
                    return measure(database, crm, job);
                }
            }
        } finally {
            FileUtils.deleteDirectory(folder.toFile());
        }
    }

    private int measure(EmbeddedDatabase database, LivingCrm crm, JobProcess job) throws Exception {
        try (Connection reading = database.connect();
                Connection probing = database.connect()) {
            job.awaitKpiTimeAfter(Instant.now(), reading);
            Probes probes = new Probes(probing, database);
            probes.run(crm, rate, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds));
            job.awaitKpiTimeAfter(Instant.now(), reading);
            if (!JobProcess.equalsOracle(probing, reading, OUT)) {
                return 1;
            }
            probes.print(OUT);
            return 0;
        }
    }
}
