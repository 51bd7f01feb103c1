package nl.rentguy.crm.kpi.cli;

import java.io.IOException;
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
import nl.rentguy.crm.kpi.config.JobOptions.StateBackend;
import nl.rentguy.crm.kpi.doctor.Doctor;
import nl.rentguy.crm.kpi.doctor.Doctor.Start;
import nl.rentguy.crm.kpi.doctor.Finding;
import nl.rentguy.crm.kpi.doctor.Finding.Severity;
import nl.rentguy.crm.kpi.store.JobStatus;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
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
        SavedState saved = SavedState.in(JobOptions.required(JobOptions.STATE_DIR, config));
        lock = saved.lock();
        logTo(saved.logFile());
        System.setProperty("java.io.tmpdir", saved.freshTemporaryFolder().toString());
        int port = Ports.free("--ui-port", uiPort);
        if (!checked(config, saved, out)) {
            return 2;
        }
        if (rebuild) {
            ReplicationSlot slot = ReplicationSlot.of(config);
            if (slot.drop()) {
                out.println("Dropped the CRM's replication slot " + slot.name());
            }
            saved.discard();
        }
        Optional<Path> from = saved.newest();
        out.println(
                from.map(path -> "Continuing from " + path)
                        .orElse(
                                "Starting anew, with a snapshot of the CRM; readers keep the tables as they are until it is complete"));
        StateBackend backend = config.get(JobOptions.STATE_BACKEND);
        if (from.isPresent()) {
            saved.checkContinues(from.get(), backend);
        }
        saved.begin(JobOptions.slotName(config), backend);
        MemoryAtRest.giveBack();

        LocalJob job = LocalJob.start(config, saved, from, port);
        out.println("Flink's web interface: " + job.uiAddress());
        out.println("Flink's log: " + saved.logFile());
        out.flush();
        JobStatus status = new JobStatus(config);
        JobWatch.start(job, status);
        Thread onStop = new Thread(() -> {
            if (failed) {
                return;
            }
            Optional<String> savepoint = job.stopWithSavepoint(saved);
            status.tell(Phase.STOPPED, null);
            savepoint.ifPresentOrElse(
                    path -> out.println("Stopped; state saved in " + path),
                    () -> out.println("Stopped; the next run continues from the last checkpoint"));
            out.flush();
        });
        Runtime.getRuntime().addShutdownHook(onStop);
        Optional<String> failure = job.awaitEnd();
        failed = failure.isPresent();
        failure.ifPresent(cause -> status.tell(Phase.FAILED, cause));
        return failed ? 1 : 0;
    }

    /** Makes ready what a job before this one left, then looks at everything; false when the job must not start. */
    private boolean checked(Configuration config, SavedState saved, PrintWriter out)
            throws IOException, InterruptedException {
        try {
            ReplicationSlot.of(config).awaitFree();
        } catch (SQLException e) {
            LOG.debug("The checks will tell what is wrong with the CRM database", e);
        }
        Start start = rebuild ? Start.REBUILD : DoctorCommand.atStart(saved, config);
        List<Finding> findings = Doctor.examine(config, start);
        DoctorCommand.print(findings, Severity.WARNING, out);
        return !Doctor.hasErrors(findings);
    }

    private static void logTo(Path file) throws URISyntaxException {
        System.setProperty("crm.kpi.log.file", file.toString());
        // In a pattern a percent sign means something.
        System.setProperty("crm.kpi.log.pattern", file.toString().replace("%", "%%"));
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        context.setConfigLocation(Objects.requireNonNull(RunCommand.class.getResource("/log4j2-run.properties"))
                .toURI());
    }
}
