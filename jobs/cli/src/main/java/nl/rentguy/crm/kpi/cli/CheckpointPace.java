package nl.rentguy.crm.kpi.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.store.JobStatus;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.apache.flink.configuration.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the job save its state at a pace that what it costs allows: as often as is asked for, but never so often that saving takes more
 * than a small share of the time. With little state that is the former, with much of it the latter. The snapshot waits for checkpoints, so
 * until it has been read none waits.
 */
final class CheckpointPace {

    private static final Logger LOG = LoggerFactory.getLogger(CheckpointPace.class);
    private static final Duration STEP = Duration.ofMillis(200);

    /** While there is none: the first is small, and the snapshot begins behind it. */
    private static final Duration FIRST = Duration.ofSeconds(1);

    /** Of so many parts of the time one may go into saving. */
    private static final int SHARE = 100;

    private final LocalJob job;
    private final JobStatus status;
    private final Duration interval;
    private Instant begun = Instant.now();

    private CheckpointPace(LocalJob job, JobStatus status, Duration interval) {
        this.job = job;
        this.status = status;
        this.interval = interval;
    }

    /** Goes on until the job ends, in a thread of its own. */
    static void start(LocalJob job, Configuration config) {
        Duration interval = JobOptions.atLeastAMillisecond(JobOptions.STATE_CHECKPOINT_INTERVAL, config);
        Thread thread = new Thread(new CheckpointPace(job, new JobStatus(config), interval)::run, "checkpoint-pace");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * How long after the beginning of a checkpoint the next one begins.
     *
     * @param interval what is asked for
     * @param last how long the last one took; empty when there was none yet, as no task runs at first
     * @param inSnapshot whether the snapshot is being read
     */
    static Duration pause(Duration interval, Optional<Duration> last, boolean inSnapshot) {
        if (last.isEmpty()) {
            return least(interval, FIRST);
        }
        Duration ofShare = last.get().multipliedBy(SHARE);
        return inSnapshot || ofShare.compareTo(interval) < 0 ? interval : ofShare;
    }

    private static Duration least(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private void run() {
        try (status) {
            while (!job.status().isGloballyTerminalState()) {
                Duration left = left();
                if (left.isNegative() || left.isZero()) {
                    if (job.status() == org.apache.flink.api.common.JobStatus.RUNNING) {
                        begun = Instant.now();
                        job.triggerCheckpoint();
                    }
                    left = STEP;
                }
                TimeUnit.MILLISECONDS.sleep(left.toMillis() + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | IllegalStateException e) {
            LOG.debug("The job has ended", e);
        }
    }

    /** How long until a checkpoint is due, or until that can be told; none or less when it is. */
    private Duration left() throws InterruptedException {
        Duration first = untilAfter(least(interval, FIRST));
        if (first.compareTo(Duration.ZERO) > 0) {
            return first;
        }
        try {
            Optional<Duration> last = job.lastCheckpointTook();
            Duration soonest = pause(interval, last, true);
            Duration pause = pause(interval, last, false);
            Duration left = untilAfter(soonest);
            if (left.compareTo(Duration.ZERO) > 0 || pause.equals(soonest) || isInSnapshot()) {
                return left;
            }
            // Asked again meanwhile: how long the newest one took may not have been known.
            return least(untilAfter(pause), interval);
        } catch (IOException e) {
            LOG.debug("The web interface does not answer", e);
            return STEP;
        }
    }

    private Duration untilAfter(Duration pause) {
        return Duration.between(Instant.now(), begun.plus(pause));
    }

    private boolean isInSnapshot() {
        return status.phase().filter(phase -> phase != Phase.SNAPSHOT).isEmpty();
    }
}
