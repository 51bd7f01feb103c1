package nl.rentguy.crm.kpi.laptop;

import java.io.PrintWriter;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
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

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

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
        Optional<Path> from = saved.newest();
        if (from.isPresent()) {
            SlotGuard.check(config, from.get());
        }
        out.println(from.map(path -> "Continuing from " + path).orElse("Starting anew, with a snapshot of the CRM"));

        LaptopJob job = LaptopJob.start(config, saved, from, Ports.free("--ui-port", uiPort));
        out.println("Flink's web interface: " + job.uiAddress());
        out.flush();
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
}
