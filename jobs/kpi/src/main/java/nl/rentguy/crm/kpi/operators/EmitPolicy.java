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
public record EmitPolicy(long tickMillis, long refreshMillis) implements Serializable {

    /** The same in durations, each at least a millisecond. */
    public static EmitPolicy of(Duration tick, Duration refresh) {
        return new EmitPolicy(tick.toMillis(), refresh.toMillis());
    }

    long refreshAfter(long tick) {
        return KpiTime.roundUp(tick + 1, refreshMillis);
    }
}
