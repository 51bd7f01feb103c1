/** A CRM that lives: 120 days of history, then leads, deals, activities and automation runs as they would happen. */
@NullMarked
package nl.rentguy.crm.kpi.cli.sim;

import org.jspecify.annotations.NullMarked;
