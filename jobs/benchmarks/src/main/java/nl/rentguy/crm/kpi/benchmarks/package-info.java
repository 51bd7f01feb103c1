/** Programs that measure the product as a user runs it, and check what they measured. */
@NullMarked
package nl.rentguy.crm.kpi.benchmarks;

import org.jspecify.annotations.NullMarked;
