package nl.rentguy.crm.kpi.crm;

import java.time.Duration;
import java.time.Instant;

/** Lengths of time between two instants that the CRM wrote. */
public final class Durations {

    private Durations() {}

    /** From one to the other; zero when the CRM has them the wrong way round, as a duration is never below 0. */
    public static Duration between(Instant from, Instant to) {
        return to.isBefore(from) ? Duration.ZERO : Duration.between(from, to);
    }
}
