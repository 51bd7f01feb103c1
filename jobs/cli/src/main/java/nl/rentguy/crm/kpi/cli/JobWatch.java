package nl.rentguy.crm.kpi.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.store.JobStatus;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells in few lines, and in {@code crm_kpi_status}, that the job had to stop, why, and that it runs again. What Flink itself says
 * is in the log file.
 */
final class JobWatch {

    private static final Logger LOG = LoggerFactory.getLogger(JobWatch.class);
    private static final Duration STEP = Duration.ofMillis(500);

    /** The same failure so often, with no state saved in between, does not pass by itself. */
    private static final int FAILURES_TO_WARN_OF = 5;

    private final LocalJob job;
    private final JobStatus status;
    private final Instant started = Instant.now();
    private boolean announced;
    private boolean stopped;
    private Instant stoppedAt = Instant.MAX;
    private Instant failedAt = Instant.EPOCH;
    private int failures;
    private String cause = "";

    private JobWatch(LocalJob job, JobStatus status) {
        this.job = job;
        this.status = status;
    }

    /** Watches until the job ends, in a thread of its own. */
    static void start(LocalJob job, JobStatus status) {
        Thread thread = new Thread(new JobWatch(job, status)::run, "job-watch");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!job.status().isGloballyTerminalState()) {
                look();
                TimeUnit.MILLISECONDS.sleep(STEP.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | IllegalStateException e) {
            LOG.debug("The job has ended", e);
        }
    }

    /** While it runs the job tells itself how it is: restarting, until it has written rows and saved its state. */
    private boolean runsAgain() throws ExecutionException, InterruptedException {
        if (job.status() != org.apache.flink.api.common.JobStatus.RUNNING) {
            status.tell(Phase.RESTARTING, cause);
            return false;
        }
        return status.phase().filter(phase -> phase != Phase.RESTARTING).isPresent();
    }

    private void look() throws ExecutionException, InterruptedException {
        try {
            Optional<LocalJob.Failure> failure =
                    job.lastFailure().filter(last -> last.at().isAfter(failedAt));
            if (failure.isPresent()) {
                failed(failure.get());
            } else if (!announced && !stopped && job.lastCheckpoint().isAfter(started)) {
                announced = true;
                LOG.info("The job runs, and has saved its state for the first time");
            } else if (stopped && runsAgain()) {
                LOG.info(
                        "The job runs again, after {} s",
                        String.format(
                                Locale.ROOT,
                                "%.0f",
                                Duration.between(stoppedAt, Instant.now()).toMillis() / 1000.0));
                stopped = false;
                cause = "";
            }
        } catch (IOException e) {
            LOG.debug("The web interface does not answer", e);
        }
    }

    private void failed(LocalJob.Failure failure) {
        failedAt = failure.at();
        if (!stopped) {
            stopped = true;
            stoppedAt = Instant.now();
        }
        if (failure.cause().equals(cause)) {
            failures++;
            if (failures == FAILURES_TO_WARN_OF) {
                LOG.warn(
                        "The job has stopped {} times for the same reason, without saving its state in between: {}. That does not seem to pass by itself: the tables stand still until it is mended",
                        failures,
                        cause);
            }
        } else {
            cause = failure.cause();
            failures = 1;
            LOG.warn("The job had to stop: {}. It tries again from its last saved state", cause);
        }
    }
}
