package nl.rentguy.crm.kpi.engine;

import java.time.Duration;

/**
 * KPI time from commit times, in the order of the log: the latest commit time so far. So it never goes back, a change counts from the
 * KPI time at which it was read, and a replay of the log gives each change the same one, whatever clocks and tasks do meanwhile.
 *
 * <p>Commit times come from another machine's clock. One that is further ahead than {@link #MOST_AHEAD} of this machine's is not
 * believed, and counts as now: a clock that was a day ahead for a moment does not stop KPI time for a day.
 */
public final class CommitClock {

    /** So far the CRM's clock may be ahead of this machine's. */
    public static final Duration MOST_AHEAD = Duration.ofSeconds(5);

    private long latest;

    /** @param latest KPI time of the newest change that was read; {@link KpiTime#NONE} before the first */
    public CommitClock(long latest) {
        this.latest = latest;
    }

    /** Whether that commit time, in milliseconds since the epoch, is too far ahead of now to be believed. */
    public static boolean isTooFarAhead(long committedAt, long now) {
        return committedAt - now > MOST_AHEAD.toMillis();
    }

    /**
     * KPI time of the next change in the log.
     *
     * @param committedAt its commit time, milliseconds since the epoch
     * @param now by this machine's clock, likewise
     */
    public long read(long committedAt, long now) {
        latest = Math.max(latest, isTooFarAhead(committedAt, now) ? now : committedAt);
        return latest;
    }

    /** KPI time of the newest change; {@link KpiTime#NONE} before the first. */
    public long latest() {
        return latest;
    }

    /** Until then all has been read: a later change may still be of the newest one's transaction, and has its KPI time. */
    public long passed() {
        return latest - 1;
    }
}
