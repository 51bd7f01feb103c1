package nl.rentguy.crm.kpi.definition;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.Measures;

/** A KPI table whose rows follow from sums over many entities. */
public non-sealed interface SumKpi extends Kpi {

    /**
     * The rows of one key. Which rows there are, by their keys, follows from which buckets there are; what the rows say, from their sums. So a
     * row goes when a bucket comes or goes, and only then.
     *
     * @param key as contributed, see {@link nl.rentguy.crm.kpi.engine.AggregateKey}
     * @param buckets the sums of each bucket, none of them all zero
     * @param asOf KPI time
     */
    List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf);

    /** Whether the rows of such buckets change by the mere passing of time, as ages do. */
    default boolean ages(Map<List<String>, Measures> buckets) {
        return false;
    }
}
