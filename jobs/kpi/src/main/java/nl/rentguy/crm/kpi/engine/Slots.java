package nl.rentguy.crm.kpi.engine;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The sums that one KPI table keeps per cell: declared once, in a fixed order, as that order is the layout of the state.
 *
 * <p>Times take two slots, whole seconds and microseconds of the second, because the microseconds since 1970 of some
 * five thousand rows already leave the range of a long.
 */
public final class Slots {

    private static final BigInteger MICROS = BigInteger.valueOf(1_000_000);

    private int size;

    /** A count, or an amount in its smallest unit. */
    public record Sum(int slot) {

        public long of(Amounts amounts) {
            return amounts.count(slot);
        }

        /** The sum with its decimal point {@code scale} digits from the right: cents are scale 2. */
        public BigDecimal of(Amounts amounts, int scale) {
            return new BigDecimal(amounts.exact(slot), scale);
        }
    }

    /** A sum of instants or of durations, exact to the microsecond. */
    public record TimeSum(int slot) {

        public BigInteger micros(Amounts amounts) {
            return amounts.exact(slot).multiply(MICROS).add(amounts.exact(slot + 1));
        }

        /** The sum in seconds, with 6 decimals; that of instants counts from 1970. */
        public BigDecimal seconds(Amounts amounts) {
            return new BigDecimal(micros(amounts), 6);
        }

        /** Mean of the summed durations in that unit, 6 decimals, half away from zero; null when the count is 0. */
        public @Nullable BigDecimal mean(Amounts amounts, long count, Duration unit) {
            return mean(micros(amounts), count, unit);
        }

        /** Mean of (now - instant) over the summed instants, likewise. */
        public @Nullable BigDecimal meanAge(Amounts amounts, long count, Instant now, Duration unit) {
            BigInteger nows = BigInteger.valueOf(now.getEpochSecond())
                    .multiply(MICROS)
                    .add(BigInteger.valueOf(now.getNano() / 1000))
                    .multiply(BigInteger.valueOf(count));
            return mean(nows.subtract(micros(amounts)), count, unit);
        }

        private static @Nullable BigDecimal mean(BigInteger micros, long count, Duration unit) {
            return count == 0
                    ? null
                    : quotient(new BigDecimal(micros), Math.multiplyExact(count, unit.toNanos() / 1000));
        }
    }

    /** {@code dividend / divisor} with 6 decimals, half away from zero. */
    public static BigDecimal quotient(BigDecimal dividend, long divisor) {
        return quotient(dividend, BigDecimal.valueOf(divisor));
    }

    /** {@code dividend / divisor} with 6 decimals, half away from zero. */
    public static BigDecimal quotient(BigDecimal dividend, BigDecimal divisor) {
        return dividend.divide(divisor, 6, RoundingMode.HALF_UP);
    }

    public Sum sum() {
        return new Sum(size++);
    }

    public TimeSum timeSum() {
        TimeSum result = new TimeSum(size);
        size += 2;
        return result;
    }

    /** The zero of this layout. */
    public Amounts none() {
        return new Amounts(new long[size]);
    }

    public Filling fill() {
        return new Filling(new long[size]);
    }

    /** Amounts under construction. */
    public static final class Filling {
        private final long[] sums;
        private long[] tally = {};

        private Filling(long[] sums) {
            this.sums = sums;
        }

        public Filling add(Sum sum, long amount) {
            sums[sum.slot()] = Math.addExact(sums[sum.slot()], amount);
            return this;
        }

        public Filling addIf(boolean condition, Sum sum) {
            return condition ? add(sum, 1) : this;
        }

        public Filling add(TimeSum sum, Instant instant) {
            return addTime(sum, instant.getEpochSecond(), instant.getNano());
        }

        public Filling add(TimeSum sum, Duration duration) {
            return addTime(sum, duration.getSeconds(), duration.getNano());
        }

        private Filling addTime(TimeSum sum, long seconds, int nanos) {
            sums[sum.slot()] = Math.addExact(sums[sum.slot()], seconds);
            sums[sum.slot() + 1] = Math.addExact(sums[sum.slot() + 1], nanos / 1000);
            return this;
        }

        /** Keeps the value apart, for {@link Slots#max} and {@link Slots#percentile}. */
        public Filling tally(long value) {
            tally = Tally.merge(tally, new long[] {value, 1});
            return this;
        }

        public Amounts amounts() {
            return new Amounts(sums, tally);
        }
    }

    /** The largest tallied value; null when there is none. */
    public static @Nullable Long max(Amounts amounts) {
        long[] tally = amounts.tally();
        return tally.length == 0 ? null : tally[tally.length - 2];
    }

    /**
     * The smallest tallied value that at least {@code percent} percent of the values do not exceed: the nearest rank,
     * PostgreSQL's {@code percentile_disc}. Null when there is no value.
     */
    public static @Nullable Long percentile(Amounts amounts, int percent) {
        return amounts.tally().length == 0 ? null : Tally.percentile(amounts.tally(), percent);
    }
}
