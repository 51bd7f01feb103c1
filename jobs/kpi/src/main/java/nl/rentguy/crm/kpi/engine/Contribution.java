package nl.rentguy.crm.kpi.engine;

import java.time.Instant;

/**
 * An amount that holds for a cell at every instant t with {@code from <= t < until}.
 *
 * @param from {@link Instant#MIN} when it has always held
 * @param until {@link Instant#MAX} when it holds for ever
 */
public record Contribution(Cell cell, Amounts amounts, Instant from, Instant until) {

    /** The first millisecond at which it holds; {@link Long#MIN_VALUE} when it has always held. */
    long firstMillis() {
        return KpiTime.atOrAfter(from);
    }

    /** The first millisecond at which it no longer holds; {@link Long#MAX_VALUE} when there is none. */
    long endMillis() {
        return KpiTime.atOrAfter(until);
    }

    boolean holdsAt(long millis) {
        return firstMillis() <= millis && millis < endMillis();
    }
}
