package nl.rentguy.crm.kpi.engine;

import java.time.Duration;

/**
 * KPI time from commit times, in the order of the log: the latest commit time so far. So it never goes back, a change counts from the
 * KPI time at which it was read, and when KPI time has passed an instant, all that was committed until then counts.
 *
 * <p>Commit times come from another machine's clock. One that is further ahead than {@link #MOST_AHEAD} of this machine's is not
 * believed, and counts as now: a clock that was a day ahead for a moment does not stop KPI time for a day.
 *
 * <p>While a backlog is worked off, by more than {@link #BEHIND} behind, changes count from the next whole second on, and KPI time goes
 * on from one to the next: nobody is to see each moment of the past, and a key that changes often is published once for each second.
 * What is read again after a restore counts exactly, however far behind: what was published for one moment of a second, and is no
 * longer so for the whole of it, has to come to the next one.
 */
public final class CommitClock {

    /** So far the CRM's clock may be ahead of this machine's. */
    public static final Duration MOST_AHEAD = Duration.ofSeconds(5);

    /** Behind by more, changes count from whole seconds on. */
    public static final Duration BEHIND = Duration.ofSeconds(5);

    private static final long WHOLE_MILLIS = 1_000;

    private long latest;
    private long latestWhole;
    private long readBefore = KpiTime.NONE;

    /** Before the first change. */
    public CommitClock() {
        this(new State(KpiTime.NONE, KpiTime.NONE));
    }

    /** As it was. */
    public CommitClock(State state) {
        this.latest = state.latest;
        this.latestWhole = state.latestWhole;
    }

    /**
     * A clock at rest.
     *
     * @param latest KPI time of the newest change that was read; {@link KpiTime#NONE} before the first
     * @param latestWhole the same of the newest one that counts from a whole second on because it was read so late
     */
    public record State(long latest, long latestWhole) {}

    /** Lets changes count exactly that were committed until then, as rows that an earlier attempt has made of them are published. */
    public void readBefore(long until) {
        readBefore = until;
    }

    public State state() {
        return new State(latest, latestWhole);
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
        if (committedAt > latest && committedAt > readBefore && now - committedAt > BEHIND.toMillis()) {
            latest = KpiTime.roundUp(committedAt, WHOLE_MILLIS);
            latestWhole = latest;
        } else {
            latest = Math.max(latest, isTooFarAhead(committedAt, now) ? now : committedAt);
        }
        return latest;
    }

    /** KPI time of the newest change; {@link KpiTime#NONE} before the first. */
    public long latest() {
        return latest;
    }

    /**
     * Until then all has been read, once something has: a later change may still be of the newest one's transaction, or of the same whole
     * second, and has its KPI time. When the log falls behind again it may be earlier than it was: that has passed for good.
     */
    public long passed() {
        return latest == latestWhole ? latest - WHOLE_MILLIS : latest - 1;
    }
}
