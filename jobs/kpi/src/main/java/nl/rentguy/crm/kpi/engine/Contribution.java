package nl.rentguy.crm.kpi.engine;

/** What an entity adds to a KPI table at every instant t with {@code first <= t < end}. */
public sealed interface Contribution {

    /** The first millisecond of KPI time at which it holds; {@link Long#MIN_VALUE} when it has always held. */
    long first();

    /** The first at which it no longer does; {@link Long#MAX_VALUE} when it holds for ever. */
    long end();

    default boolean holdsAt(long millis) {
        return first() <= millis && millis < end();
    }

    /** Whether it has become history: what it was stays. */
    default boolean isHistoryAt(long millis) {
        return false;
    }

    /** Measures that are added to an accumulator's sums. */
    record OfMeasures(AccumulatorKey key, Measures measures, long first, long end) implements Contribution {}

    /**
     * A row of its own. Of several with the same table and key at most one holds at any instant.
     *
     * @param stays whether it is history when it ends: the row stays in the table as it is, whatever becomes of the entity
     */
    record OfRow(String table, KpiRow row, long first, long end, boolean stays) implements Contribution {

        @Override
        public boolean isHistoryAt(long millis) {
            return stays && end <= millis;
        }
    }
}
