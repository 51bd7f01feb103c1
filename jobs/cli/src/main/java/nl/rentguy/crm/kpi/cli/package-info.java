/** Everything on one machine in one JVM: embedded PostgreSQL, a CRM that lives, the job, the live board. */
@NullMarked
package nl.rentguy.crm.kpi.cli;

import org.jspecify.annotations.NullMarked;
