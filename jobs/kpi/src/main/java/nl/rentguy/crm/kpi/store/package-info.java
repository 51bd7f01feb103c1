/** The KPI database: one guarded upsert per table, what earlier runs left there, dead letters, and the heartbeat. */
@NullMarked
package nl.rentguy.crm.kpi.store;

import org.jspecify.annotations.NullMarked;
