/** From the CRM's change log to typed row changes: the source, one decoder for its envelopes, and what cannot be read. */
@NullMarked
package nl.rentguy.crm.kpi.cdc;

import org.jspecify.annotations.NullMarked;
