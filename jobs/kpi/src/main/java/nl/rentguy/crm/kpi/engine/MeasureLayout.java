package nl.rentguy.crm.kpi.engine;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The sums that one KPI table keeps per accumulator: declared once, in a fixed order, as that order is the layout of the state.
 *
 * <p>Times take two slots, whole seconds and microseconds of the second, because the microseconds since 1970 of some
 * five thousand rows already leave the range of a long.
 */
public final class MeasureLayout {

    private static final BigInteger MICROS = BigInteger.valueOf(1_000_000);

    private int size;

    /** A count, or an amount in its smallest unit. */
    public record Measure(int slot) {

        public long of(Measures measures) {
            return measures.count(slot);
        }

        /** The sum with its decimal point {@code scale} digits from the right: cents are scale 2. */
        public BigDecimal of(Measures measures, int scale) {
            return new BigDecimal(measures.exact(slot), scale);
        }
    }

    /** A sum of instants or of durations, exact to the microsecond. */
    public record TimeMeasure(int slot) {

        public BigInteger micros(Measures measures) {
            return measures.exact(slot).multiply(MICROS).add(measures.exact(slot + 1));
        }

        /** The sum in seconds, with 6 decimals; that of instants counts from 1970. */
        public BigDecimal seconds(Measures measures) {
            return new BigDecimal(micros(measures), 6);
        }

        /** Mean of the summed durations in that unit, 6 decimals, half away from zero; null when the count is 0. */
        public @Nullable BigDecimal mean(Measures measures, long count, Duration unit) {
            return mean(micros(measures), count, unit);
        }

        /** Mean of (now - instant) over the summed instants, likewise. */
        public @Nullable BigDecimal meanAge(Measures measures, long count, Instant now, Duration unit) {
            BigInteger nows = BigInteger.valueOf(now.getEpochSecond())
                    .multiply(MICROS)
                    .add(BigInteger.valueOf(now.getNano() / 1000))
                    .multiply(BigInteger.valueOf(count));
            return mean(nows.subtract(micros(measures)), count, unit);
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

    public Measure measure() {
        return new Measure(size++);
    }

    public TimeMeasure timeMeasure() {
        TimeMeasure result = new TimeMeasure(size);
        size += 2;
        return result;
    }

    /** The zero of this layout. */
    public Measures none() {
        return new Measures(new long[size]);
    }

    public Builder builder() {
        return new Builder(new long[size]);
    }

    /** Measures under construction. */
    public static final class Builder {
        private final long[] sums;
        private long[] valueCounts = {};

        private Builder(long[] sums) {
            this.sums = sums;
        }

        public Builder add(Measure sum, long amount) {
            sums[sum.slot()] = Math.addExact(sums[sum.slot()], amount);
            return this;
        }

        public Builder addIf(boolean condition, Measure sum) {
            return condition ? add(sum, 1) : this;
        }

        public Builder add(TimeMeasure sum, Instant instant) {
            return addTime(sum, instant.getEpochSecond(), instant.getNano());
        }

        public Builder add(TimeMeasure sum, Duration duration) {
            return addTime(sum, duration.getSeconds(), duration.getNano());
        }

        private Builder addTime(TimeMeasure sum, long seconds, int nanos) {
            sums[sum.slot()] = Math.addExact(sums[sum.slot()], seconds);
            sums[sum.slot() + 1] = Math.addExact(sums[sum.slot() + 1], nanos / 1000);
            return this;
        }

        /** Keeps the value apart, for {@link MeasureLayout#max} and {@link MeasureLayout#percentile}. */
        public Builder value(long value) {
            valueCounts = ValueCounts.merge(valueCounts, new long[] {value, 1});
            return this;
        }

        public Measures measures() {
            return new Measures(sums, valueCounts);
        }
    }

    /** The largest kept value; null when there is none. */
    public static @Nullable Long max(Measures measures) {
        long[] valueCounts = measures.valueCounts();
        return valueCounts.length == 0 ? null : valueCounts[valueCounts.length - 2];
    }

    /**
     * The smallest kept value that at least {@code percent} percent of the values do not exceed: the nearest rank,
     * PostgreSQL's {@code percentile_disc}. Null when there is no value.
     */
    public static @Nullable Long percentile(Measures measures, int percent) {
        return measures.valueCounts().length == 0 ? null : ValueCounts.percentile(measures.valueCounts(), percent);
    }
}
