/** Thin Flink shells around the engine: they load and store state, set timers and route. */
@NullMarked
package nl.rentguy.crm.kpi.operators;

import org.jspecify.annotations.NullMarked;
