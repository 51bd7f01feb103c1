package nl.rentguy.crm.kpi.engine;

import java.time.Instant;

/** Takes what an entity contributes to the KPI tables. */
@FunctionalInterface
public interface Contributions {

    void add(Contribution contribution);

    /** Measures that hold whatever the time. */
    default void always(AccumulatorKey accumulator, Measures measures) {
        between(Instant.MIN, Instant.MAX, accumulator, measures);
    }

    /** Measures that hold from that instant on, the instant included. */
    default void from(Instant from, AccumulatorKey accumulator, Measures measures) {
        between(from, Instant.MAX, accumulator, measures);
    }

    /** Measures that hold at every instant t with {@code from <= t < until}. */
    default void between(Instant from, Instant until, AccumulatorKey accumulator, Measures measures) {
        add(new Contribution.OfMeasures(accumulator, measures, KpiTime.atOrAfter(from), KpiTime.atOrAfter(until)));
    }

    /** A row of that table that is there whatever the time. */
    default void row(String table, KpiRow row) {
        rowBetween(Instant.MIN, Instant.MAX, table, row);
    }

    /** A row of that table that is there at every instant t with {@code from <= t < until}. */
    default void rowBetween(Instant from, Instant until, String table, KpiRow row) {
        add(new Contribution.OfRow(table, row, KpiTime.atOrAfter(from), KpiTime.atOrAfter(until), false));
    }

    /** A row of that table that is history from that instant on: it stays as it is, whatever becomes of the entity. */
    default void rowUntilHistory(Instant history, String table, KpiRow row) {
        add(new Contribution.OfRow(table, row, Long.MIN_VALUE, KpiTime.atOrAfter(history), true));
    }
}
