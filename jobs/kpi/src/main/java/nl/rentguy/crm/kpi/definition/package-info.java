/**
 * One class per KPI table: its key, what entities contribute to it, and its columns as formulas over exact sums. Plain
 * Java: no Flink, no JDBC.
 */
@NullMarked
package nl.rentguy.crm.kpi.definition;

import org.jspecify.annotations.NullMarked;
