package nl.rentguy.crm.kpi.laptop;

import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.doctor.Doctor;
import nl.rentguy.crm.kpi.doctor.Finding;
import nl.rentguy.crm.kpi.doctor.Finding.Severity;
import org.apache.flink.configuration.Configuration;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code crm-kpi run}. */
@Command(
        name = "run",
        description = {
            "Runs the job on existing databases, in this JVM, until it is stopped.",
            "It continues where it was stopped (SIGTERM) or killed, from what it left in state.dir."
        },
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @Mixin
    private ConfigArguments arguments = new ConfigArguments();

    @Option(
            names = "--ui-port",
            paramLabel = "PORT",
            defaultValue = "8081",
            description =
                    "Port of Flink's web interface on the loopback interface, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int uiPort;

    @Option(
            names = "--rebuild",
            description =
                    "Discards the saved state and the replication slot and starts anew with a snapshot. Readers keep the tables as they are until it is complete.")
    private boolean rebuild;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    private volatile boolean failed;

    /** Held as long as the process lives; a lock that nothing refers to may be collected, and with it released. */
    @SuppressWarnings("UnusedVariable")
    private @Nullable FileLock lock;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Configuration config = arguments.load();
        SavedState saved = new SavedState(
                Path.of(JobOptions.required(JobOptions.STATE_DIR, config)).toAbsolutePath());
        lock = saved.lock();
        logTo(saved.logFile());
        Optional<Path> from = rebuild ? Optional.empty() : saved.newest();
        if (!checked(config, from.isPresent(), out)) {
            return 2;
        }
        if (rebuild) {
            saved.discard();
        }
        out.println(
                from.map(path -> "Continuing from " + path)
                        .orElse(
                                "Starting anew, with a snapshot of the CRM; readers keep the tables as they are until it is complete"));

        LaptopJob job = LaptopJob.start(config, saved, from, Ports.free("--ui-port", uiPort));
        out.println("Flink's web interface: " + job.uiAddress());
        out.println("Flink's log: " + saved.logFile());
        out.flush();
        JobWatch.start(job);
        Thread onStop = new Thread(() -> {
            if (failed) {
                return;
            }
            job.stopWithSavepoint(saved)
                    .ifPresentOrElse(
                            savepoint -> out.println("Stopped; state saved in " + savepoint),
                            () -> out.println("Stopped; the next run continues from the last checkpoint"));
            out.flush();
        });
        Runtime.getRuntime().addShutdownHook(onStop);
        failed = !job.awaitEnd();
        return failed ? 1 : 0;
    }

    /** Makes ready what a job before this one left, then looks at everything; false when the job must not start. */
    private boolean checked(Configuration config, boolean continues, PrintWriter out) throws InterruptedException {
        Slots slots = Slots.of(config);
        try {
            slots.awaitFree();
            List<String> dropped = rebuild ? slots.dropAll() : slots.dropLeftovers();
            if (!dropped.isEmpty()) {
                out.println("Dropped the replication slots " + String.join(", ", dropped));
            }
        } catch (SQLException e) {
            LOG.debug("The checks will tell what is wrong with the CRM database", e);
        }
        List<Finding> findings = Doctor.examine(config, continues);
        DoctorCommand.print(findings, Severity.WARNING, out);
        return !Doctor.hasErrors(findings);
    }

    private static void logTo(Path file) throws URISyntaxException {
        System.setProperty("crm.kpi.log.file", file.toString());
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        context.setConfigLocation(Objects.requireNonNull(RunCommand.class.getResource("/log4j2-run.properties"))
                .toURI());
    }
}
