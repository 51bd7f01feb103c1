package nl.rentguy.crm.kpi.operators;

import java.io.Serializable;
import java.time.Duration;
import nl.rentguy.crm.kpi.engine.KpiTime;

/**
 * How often rows are published, in KPI time.
 *
 * @param tickMillis a key is published at most once in so many milliseconds, at their multiples
 * @param refreshMillis rows whose ages grow are published again at multiples of so many milliseconds
 */
public record Cadence(long tickMillis, long refreshMillis) implements Serializable {

    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;

    /** The same in durations, each at least a millisecond. */
    public static Cadence of(Duration tick, Duration refresh) {
        return new Cadence(tick.toMillis(), refresh.toMillis());
    }

    /**
     * When to publish what is due at {@code tick}: then, or later while the job works off a backlog, as nobody is to see
     * each millisecond of the past. What is published is exact either way.
     *
     * @param tick KPI time, milliseconds
     * @param wallClock now, milliseconds since the epoch
     */
    long publishAt(long tick, long wallClock) {
        long lag = wallClock - tick;
        return KpiTime.roundUp(tick, step(lag));
    }

    /**
     * The latest KPI time whose rows have all been published once {@code watermark} has passed.
     *
     * @param wallClock now, milliseconds since the epoch
     */
    long publishedUntil(long watermark, long wallClock) {
        return KpiTime.roundDown(watermark, step(wallClock - watermark));
    }

    private long step(long lag) {
        return lag > HOUR ? MINUTE : lag > MINUTE ? SECOND : tickMillis;
    }

    long refreshAfter(long tick) {
        return KpiTime.roundUp(tick + 1, refreshMillis);
    }
}
