/** What alerts are made of: a server that reads the series from the KPI tables whenever Prometheus asks. */
@NullMarked
package nl.rentguy.crm.kpi.metrics;

import org.jspecify.annotations.NullMarked;
