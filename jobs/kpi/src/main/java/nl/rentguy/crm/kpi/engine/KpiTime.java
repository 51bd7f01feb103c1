package nl.rentguy.crm.kpi.engine;

import java.time.Instant;

/** KPI time: commit time in the CRM's log, in whole milliseconds since the epoch. */
public final class KpiTime {

    /** Before any KPI time: while the snapshot is read there is none. */
    public static final long NONE = Long.MIN_VALUE;

    private static final long MILLIS_OF_SECOND = 1_000;
    private static final int NANOS_OF_MILLI = 1_000_000;
    private static final long LAST_SECOND = Long.MAX_VALUE / MILLIS_OF_SECOND;
    private static final long FIRST_SECOND = Long.MIN_VALUE / MILLIS_OF_SECOND;

    private KpiTime() {}

    /** The first millisecond that is not before the instant; the ends of {@link Instant} become the ends of a long. */
    public static long atOrAfter(Instant instant) {
        long second = instant.getEpochSecond();
        if (second <= FIRST_SECOND) {
            return Long.MIN_VALUE;
        }
        if (second >= LAST_SECOND) {
            return Long.MAX_VALUE;
        }
        int nanos = instant.getNano();
        long millisecond = second * MILLIS_OF_SECOND + nanos / NANOS_OF_MILLI;
        return nanos % NANOS_OF_MILLI == 0 ? millisecond : millisecond + 1;
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
