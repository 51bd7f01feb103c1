package nl.rentguy.crm.kpi.engine;

/**
 * An amount that holds for a cell at every instant t with {@code first <= t < end}.
 *
 * @param first the first millisecond of KPI time at which it holds; {@link Long#MIN_VALUE} when it has always held
 * @param end the first at which it no longer does; {@link Long#MAX_VALUE} when it holds for ever
 */
public record Contribution(Cell cell, Amounts amounts, long first, long end) {

    boolean holdsAt(long millis) {
        return first <= millis && millis < end;
    }
}
