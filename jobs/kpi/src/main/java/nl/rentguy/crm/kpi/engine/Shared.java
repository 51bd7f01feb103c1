package nl.rentguy.crm.kpi.engine;

import org.jspecify.annotations.Nullable;

/**
 * Values that occur again and again, once in memory: of those that are equal mostly the same one is given. It is no promise, so that a
 * look costs little and what is not seen for long is not kept. For immutable values, and for several threads.
 */
public final class Shared<T> {

    private static final int PLACES = 1 << 12;

    private final @Nullable Object[] kept = new Object[PLACES];

    /** An equal value. */
    @SuppressWarnings("unchecked") // nothing else is ever kept
    public T of(T value) {
        int hash = value.hashCode();
        int place = (hash ^ (hash >>> 16)) & (PLACES - 1);
        Object known = kept[place];
        if (value.equals(known)) {
            return (T) known;
        }
        kept[place] = value;
        return value;
    }
}
