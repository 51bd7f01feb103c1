/** Looks at both databases before the job starts: what is wrong, and how it is mended. */
@NullMarked
package nl.rentguy.crm.kpi.doctor;

import org.jspecify.annotations.NullMarked;
