package nl.rentguy.crm.kpi.engine;

import java.util.Arrays;

/** Sorted pairs {@code value, count} in one array: a multiset that can be added to, taken from, and ranked. */
final class ValueCounts {

    private ValueCounts() {}

    static long[] merge(long[] a, long[] b) {
        if (a.length == 0) {
            return b;
        }
        if (b.length == 0) {
            return a;
        }
        long[] merged = new long[a.length + b.length];
        int i = 0;
        int j = 0;
        int size = 0;
        while (i < a.length || j < b.length) {
            boolean fromA = j >= b.length || (i < a.length && a[i] <= b[j]);
            boolean fromB = i >= a.length || (j < b.length && b[j] <= a[i]);
            long value = fromA ? a[i] : b[j];
            long count = Math.addExact(fromA ? a[i + 1] : 0, fromB ? b[j + 1] : 0);
            i += fromA ? 2 : 0;
            j += fromB ? 2 : 0;
            if (count != 0) {
                merged[size++] = value;
                merged[size++] = count;
            }
        }
        return size == merged.length ? merged : Arrays.copyOf(merged, size);
    }

    static long[] negate(long[] valueCounts) {
        long[] negative = valueCounts.clone();
        for (int i = 1; i < negative.length; i += 2) {
            negative[i] = Math.negateExact(negative[i]);
        }
        return negative;
    }

    /** The smallest value that at least {@code percent} percent of all values do not exceed (nearest rank). */
    static long percentile(long[] valueCounts, int percent) {
        long count = 0;
        for (int i = 1; i < valueCounts.length; i += 2) {
            count += valueCounts[i];
        }
        long rank = -Math.floorDiv(-Math.multiplyExact(count, percent), 100L);
        for (int i = 0; i < valueCounts.length; i += 2) {
            rank -= valueCounts[i + 1];
            if (rank <= 0) {
                return valueCounts[i];
            }
        }
        throw new IllegalArgumentException("no values");
    }
}
