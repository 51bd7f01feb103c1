package nl.rentguy.crm.kpi.laptop;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells in few lines that the job had to stop, why, and that it runs again. What Flink itself says is in the log file. */
final class JobWatch {

    private static final Logger LOG = LoggerFactory.getLogger(JobWatch.class);
    private static final Duration STEP = Duration.ofMillis(500);

    private final LaptopJob job;
    private final Instant started = Instant.now();
    private boolean announced;
    private Instant stoppedAt = Instant.MAX;
    private String cause = "";

    private JobWatch(LaptopJob job) {
        this.job = job;
    }

    /** Watches until the job ends, in a thread of its own. */
    static void start(LaptopJob job) {
        Thread thread = new Thread(new JobWatch(job)::run, "job-watch");
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

    private void look() throws ExecutionException, InterruptedException {
        try {
            JobStatus status = job.status();
            if (status == JobStatus.RESTARTING) {
                if (stoppedAt.equals(Instant.MAX)) {
                    stoppedAt = Instant.now();
                }
                String now = job.lastFailure();
                if (!now.isEmpty() && !now.equals(cause)) {
                    cause = now;
                    LOG.warn("The job had to stop: {}. It tries again until that is over; nothing is lost", cause);
                }
            } else if (!announced
                    && stoppedAt.equals(Instant.MAX)
                    && job.lastCheckpoint().isAfter(started)) {
                announced = true;
                LOG.info("The job runs, and has saved its state for the first time");
            } else if (job.lastCheckpoint().isAfter(stoppedAt)) {
                LOG.info(
                        "The job runs again, after {} s",
                        String.format(
                                Locale.ROOT,
                                "%.0f",
                                Duration.between(stoppedAt, Instant.now()).toMillis() / 1000.0));
                stoppedAt = Instant.MAX;
                cause = "";
            }
        } catch (IOException e) {
            LOG.debug("The web interface does not answer", e);
        }
    }
}
