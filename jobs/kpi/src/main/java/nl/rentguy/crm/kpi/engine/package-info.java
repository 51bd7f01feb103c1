/**
 * The one idea: an entity contributes measures to accumulators of KPI tables, each during an interval of time; a change or the
 * passing of time is the difference between what was active and what is. Plain Java, exact integers, no Flink.
 */
@NullMarked
package nl.rentguy.crm.kpi.engine;

import org.jspecify.annotations.NullMarked;
