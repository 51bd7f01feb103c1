package nl.rentguy.crm.kpi.kpi;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.KpiRow;

/** A KPI table whose rows follow from sums over many entities. */
public non-sealed interface SumKpi extends Kpi {

    /**
     * The rows of one key. Which rows there are, by their keys, follows from which lines there are; what the rows say, from their sums. So a
     * row goes when a line comes or goes, and only then.
     *
     * @param key as contributed, see {@link nl.rentguy.crm.kpi.engine.Cell.Group}
     * @param lines the sums of each line, none of them all zero
     * @param asOf KPI time
     */
    List<KpiRow> rows(List<String> key, Map<List<String>, Amounts> lines, Instant asOf);

    /** Whether the rows of such lines change by the mere passing of time, as ages do. */
    default boolean ages(Map<List<String>, Amounts> lines) {
        return false;
    }
}
