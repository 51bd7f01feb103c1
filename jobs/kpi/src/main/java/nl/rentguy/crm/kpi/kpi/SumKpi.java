package nl.rentguy.crm.kpi.kpi;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.KpiRow;

/** A KPI table whose rows follow from sums over many entities. */
public non-sealed interface SumKpi extends Kpi {

    /**
     * The rows of one key.
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
