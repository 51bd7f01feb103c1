/** The dashboard for Metabase: one source in two languages, from which come representation files and what is sent to a server. */
@NullMarked
package nl.rentguy.crm.kpi.metabase;

import org.jspecify.annotations.NullMarked;
