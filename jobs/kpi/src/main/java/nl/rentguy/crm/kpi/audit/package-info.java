/** Compares KPI tables with their definitions: the batch queries in {@code sql/oracle}. */
@NullMarked
package nl.rentguy.crm.kpi.audit;

import org.jspecify.annotations.NullMarked;
