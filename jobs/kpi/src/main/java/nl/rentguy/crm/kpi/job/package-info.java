/** The application: main, the whole graph in one file, its names. */
@NullMarked
package nl.rentguy.crm.kpi.job;

import org.jspecify.annotations.NullMarked;
