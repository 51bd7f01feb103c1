/** Every option of the job, once: its name, type, default and meaning. */
@NullMarked
package nl.rentguy.crm.kpi.config;

import org.jspecify.annotations.NullMarked;
