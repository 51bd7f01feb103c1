package nl.rentguy.crm.kpi.engine;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * What a contribution adds: a vector of exact sums, and optionally values that are kept apart so that a maximum or a
 * percentile can lose one again. Adding the negation restores exactly what was there before. A sum may leave the range of a long: what
 * is beyond it is carried.
 *
 * @param sums by slot, see {@link MeasureLayout}: the lower 64 bits; never changed after construction
 * @param carries by slot, how often 2<sup>64</sup> is to be added to the sum; empty while all are 0, as they nearly always are
 * @param valueCounts values and how often each occurs, as pairs {@code value, count} in ascending order of value, no count 0
 */
@SuppressWarnings("ArrayRecordComponent") // equality is defined below; copies would cost more than the rest
public record Measures(long[] sums, long[] carries, long[] valueCounts) {

    /** No numbers. */
    public static final long[] NONE = {};

    public Measures(long[] sums) {
        this(sums, NONE, NONE);
    }

    public Measures(long[] sums, long[] valueCounts) {
        this(sums, NONE, valueCounts);
    }

    public Measures plus(Measures other) {
        if (sums.length != other.sums.length) {
            throw new IllegalArgumentException("measures of " + sums.length + " and " + other.sums.length + " slots");
        }
        long[] total = new long[sums.length];
        long[] carried = NONE;
        for (int i = 0; i < total.length; i++) {
            long a = sums[i];
            long b = other.sums[i];
            total[i] = a + b;
            long carry = carry(i) + other.carry(i) + overflow(a, b, total[i]);
            if (carry != 0) {
                carried = carried == NONE ? new long[sums.length] : carried;
                carried[i] = carry;
            }
        }
        return new Measures(total, carried, ValueCounts.merge(valueCounts, other.valueCounts));
    }

    /** What the 64 bits of a sum lack: 1 when it has become negative although it is none, -1 the other way round. */
    private static long overflow(long a, long b, long sum) {
        return ((a ^ sum) & (b ^ sum)) >= 0 ? 0 : a < 0 ? -1 : 1;
    }

    private long carry(int slot) {
        return carries.length == 0 ? 0 : carries[slot];
    }

    public Measures negated() {
        long[] negative = new long[sums.length];
        long[] carried = NONE;
        for (int i = 0; i < negative.length; i++) {
            negative[i] = -sums[i];
            long carry = (sums[i] == Long.MIN_VALUE ? 1 : 0) - carry(i);
            if (carry != 0) {
                carried = carried == NONE ? new long[sums.length] : carried;
                carried[i] = carry;
            }
        }
        return new Measures(negative, carried, ValueCounts.negate(valueCounts));
    }

    /** The sum in that slot. */
    BigInteger exact(int slot) {
        BigInteger low = BigInteger.valueOf(sums[slot]);
        return carry(slot) == 0
                ? low
                : BigInteger.valueOf(carry(slot)).shiftLeft(Long.SIZE).add(low);
    }

    /**
     * The sum in that slot, one of things that are counted.
     *
     * @throws ArithmeticException when it is out of range, as no count is
     */
    long count(int slot) {
        return carry(slot) == 0 ? sums[slot] : exact(slot).longValueExact();
    }

    public boolean isZero() {
        if (valueCounts.length > 0 || carries.length > 0) {
            return false;
        }
        for (long sum : sums) {
            if (sum != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Measures that
                && Arrays.equals(sums, that.sums)
                && Arrays.equals(carries, that.carries)
                && Arrays.equals(valueCounts, that.valueCounts);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(sums) + Arrays.hashCode(valueCounts);
    }

    @Override
    public String toString() {
        return "Measures" + Arrays.toString(sums)
                + (carries.length == 0 ? "" : " carries " + Arrays.toString(carries))
                + (valueCounts.length == 0 ? "" : " values " + Arrays.toString(valueCounts));
    }
}
