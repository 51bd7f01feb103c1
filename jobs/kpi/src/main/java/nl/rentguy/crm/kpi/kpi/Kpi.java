package nl.rentguy.crm.kpi.kpi;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.LeadFile;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Contributions;

/**
 * One KPI table: what each kind of entity contributes to it, and how its rows follow from the sums. A KPI overrides
 * {@code contribute} for the entities it is about; the others contribute nothing.
 */
public interface Kpi {

    KpiTable<?> table();

    /** By default what the deal's own history contributes. */
    default void contribute(DealFile file, Contributions to) {
        if (file.history() != null) {
            contribute(file.history(), to);
        }
    }

    default void contribute(DealHistory deal, Contributions to) {}

    default void contribute(LeadFile file, Contributions to) {}

    default void contribute(PipelineBoard board, Contributions to) {}

    default void contribute(AutomationRun run, Contributions to) {}

    default void contribute(AcquisitionMetric metric, Contributions to) {}

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
