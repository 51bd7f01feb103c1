package nl.rentguy.crm.kpi.engine;

/**
 * A change of an accumulator's sums.
 *
 * @param at KPI time from which it counts, milliseconds
 */
public record Delta(AccumulatorKey key, long at, Measures measures) {}
