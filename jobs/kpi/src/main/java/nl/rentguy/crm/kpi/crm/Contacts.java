package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a deal's customer was, or will be, spoken to, by way of doing so: the instants alone, so that thousands of them cost as many
 * words. Immutable.
 *
 * @param instants of each way microseconds since the epoch in ascending order, as often as they occur; none is empty
 */
public record Contacts(Map<Channel, long[]> instants) {

    public static final Contacts NONE = new Contacts(Map.of());

    /** A tenant's way of speaking to its customers, such as calls. */
    public record Channel(String tenantId, String type) {}

    /** Microseconds since the epoch. */
    public static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    /** The instant that is so many microseconds after the epoch. */
    public static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** With one contact less, and one more. */
    public Contacts change(@Nullable Contact less, @Nullable Contact more) {
        Map<Channel, long[]> changed = new HashMap<>(instants);
        if (less != null) {
            Channel channel = new Channel(less.tenantId(), less.type());
            long[] left = without(changed.get(channel), micros(less.occurredAt()));
            if (left.length == 0) {
                changed.remove(channel);
            } else {
                changed.put(channel, left);
            }
        }
        if (more != null) {
            changed.merge(
                    new Channel(more.tenantId(), more.type()),
                    new long[] {micros(more.occurredAt())},
                    (known, one) -> with(known, one[0]));
        }
        return new Contacts(changed);
    }

    private static long[] with(long[] known, long one) {
        int at = firstAfter(known, one);
        long[] more = new long[known.length + 1];
        System.arraycopy(known, 0, more, 0, at);
        more[at] = one;
        System.arraycopy(known, at, more, at + 1, known.length - at);
        return more;
    }

    private static long[] without(long @Nullable [] known, long one) {
        int at = known == null ? -1 : Arrays.binarySearch(known, one);
        if (known == null || at < 0) {
            throw new IllegalStateException("an activity at " + instant(one) + " goes that had never come");
        }
        long[] fewer = new long[known.length - 1];
        System.arraycopy(known, 0, fewer, 0, at);
        System.arraycopy(known, at + 1, fewer, at, fewer.length - at);
        return fewer;
    }

    /** Where the first of the instants is that is after that one; their number when none is. */
    public static int firstAfter(long[] instants, long micros) {
        int low = 0;
        int high = instants.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (instants[middle] <= micros) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The last contact of a tenant until that instant, the instant included; null when there is none. */
    public @Nullable Long lastUntil(String tenantId, long micros) {
        Long last = null;
        for (Map.Entry<Channel, long[]> channel : instants.entrySet()) {
            int after = firstAfter(channel.getValue(), micros);
            if (channel.getKey().tenantId().equals(tenantId) && after > 0) {
                long found = channel.getValue()[after - 1];
                last = last == null || found > last ? Long.valueOf(found) : last;
            }
        }
        return last;
    }

    /** The first contact of a tenant after that instant; null when there is none. */
    public @Nullable Long firstAfter(String tenantId, long micros) {
        Long first = null;
        for (Map.Entry<Channel, long[]> channel : instants.entrySet()) {
            int after = firstAfter(channel.getValue(), micros);
            if (channel.getKey().tenantId().equals(tenantId) && after < channel.getValue().length) {
                long found = channel.getValue()[after];
                first = first == null || found < first ? Long.valueOf(found) : first;
            }
        }
        return first;
    }

    public boolean isEmpty() {
        return instants.isEmpty();
    }

    /** How many there are. */
    public int size() {
        int size = 0;
        for (long[] ofChannel : instants.values()) {
            size += ofChannel.length;
        }
        return size;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Contacts that
                && instants.keySet().equals(that.instants.keySet())
                && instants.entrySet().stream()
                        .allMatch(entry -> Arrays.equals(entry.getValue(), that.instants.get(entry.getKey())));
    }

    @Override
    public int hashCode() {
        return instants.keySet().hashCode();
    }
}
