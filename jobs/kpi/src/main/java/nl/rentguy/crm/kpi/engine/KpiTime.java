package nl.rentguy.crm.kpi.engine;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** KPI time: commit time in the CRM's log, in whole milliseconds since the epoch. */
public final class KpiTime {

    /** Before any KPI time: while the snapshot is read there is none. */
    public static final long NONE = Long.MIN_VALUE;

    private static final Instant LAST = Instant.ofEpochMilli(Long.MAX_VALUE);
    private static final Instant FIRST = Instant.ofEpochMilli(Long.MIN_VALUE);

    private KpiTime() {}

    /** The first millisecond that is not before the instant; the ends of {@link Instant} become the ends of a long. */
    public static long atOrAfter(Instant instant) {
        if (!instant.isAfter(FIRST)) {
            return Long.MIN_VALUE;
        }
        if (!instant.isBefore(LAST)) {
            return Long.MAX_VALUE;
        }
        Instant millisecond = instant.truncatedTo(ChronoUnit.MILLIS);
        return millisecond.toEpochMilli() + (millisecond.equals(instant) ? 0 : 1);
    }

    /** The first instant that is after that one: the CRM's instants have microseconds, and "for more than" is strict. */
    public static Instant justAfter(Instant instant) {
        return instant.plusNanos(1000);
    }

    /** The last multiple of {@code step} milliseconds that is not after {@code millis}. */
    public static long roundDown(long millis, long step) {
        return Math.multiplyExact(Math.floorDiv(millis, step), step);
    }

    /** The first multiple of {@code step} milliseconds that is not before {@code millis}. */
    public static long roundUp(long millis, long step) {
        return roundDown(Math.addExact(millis, step - 1), step);
    }
}
