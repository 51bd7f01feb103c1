package nl.rentguy.crm.kpi.engine;

/**
 * A change of a cell's sums.
 *
 * @param at KPI time from which it counts, milliseconds
 */
public record Delta(Cell cell, long at, Amounts amounts) {}
