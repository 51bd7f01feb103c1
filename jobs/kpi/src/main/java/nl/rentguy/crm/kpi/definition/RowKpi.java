package nl.rentguy.crm.kpi.definition;

/** A KPI table with a row for one entity or a part of it, while a condition holds. It has no sums. */
public non-sealed interface RowKpi extends Kpi {}
