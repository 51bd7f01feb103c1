package nl.rentguy.crm.kpi.engine;

import java.util.Arrays;

/**
 * What a contribution adds: a vector of exact sums, and optionally values that are kept apart so that a maximum or a
 * percentile can lose one again. Adding the negation restores exactly what was there before.
 *
 * @param sums by slot, see {@link Slots}; never changed after construction
 * @param tally values and how often each occurs, as pairs {@code value, count} in ascending order of value, no count 0
 */
@SuppressWarnings("ArrayRecordComponent") // equality is defined below; copies would cost more than the rest
public record Amounts(long[] sums, long[] tally) {

    private static final long[] NONE = {};

    public Amounts(long[] sums) {
        this(sums, NONE);
    }

    /** @throws ArithmeticException when a sum leaves the range of a long */
    public Amounts plus(Amounts other) {
        if (sums.length != other.sums.length) {
            throw new IllegalArgumentException("amounts of " + sums.length + " and " + other.sums.length + " slots");
        }
        long[] total = new long[sums.length];
        for (int i = 0; i < total.length; i++) {
            total[i] = Math.addExact(sums[i], other.sums[i]);
        }
        return new Amounts(total, Tally.merge(tally, other.tally));
    }

    public Amounts negated() {
        long[] negative = new long[sums.length];
        for (int i = 0; i < negative.length; i++) {
            negative[i] = Math.negateExact(sums[i]);
        }
        return new Amounts(negative, Tally.negate(tally));
    }

    public boolean isZero() {
        if (tally.length > 0) {
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
        return other instanceof Amounts that && Arrays.equals(sums, that.sums) && Arrays.equals(tally, that.tally);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(sums) + Arrays.hashCode(tally);
    }

    @Override
    public String toString() {
        return "Amounts" + Arrays.toString(sums) + (tally.length == 0 ? "" : " tally " + Arrays.toString(tally));
    }
}
