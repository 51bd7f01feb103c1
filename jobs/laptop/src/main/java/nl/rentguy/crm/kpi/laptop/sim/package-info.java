/** A CRM that lives: 120 days of history, then leads, deals, activities and automation runs as they would happen. */
@NullMarked
package nl.rentguy.crm.kpi.laptop.sim;

import org.jspecify.annotations.NullMarked;
