package nl.rentguy.crm.kpi.definition;

import java.time.Instant;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Contacts;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.PipelineAggregate;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Contributions;
import org.jspecify.annotations.Nullable;

/**
 * One KPI table: what each kind of entity contributes to it, part by part. A KPI overrides {@code contribute} for the parts it is about;
 * the others contribute nothing. There are two kinds: {@link SumKpi}, whose rows follow from sums, and {@link RowKpi}, whose rows are
 * contributed as they are.
 */
public sealed interface Kpi permits SumKpi, RowKpi {

    KpiTable<?> table();

    /**
     * Which formula this is, from 1 on. Whoever changes what is contributed, or how rows follow from it, raises it: a job that continues
     * from saved state then derives the table anew. {@code FormulasTest} asks for it.
     */
    default int version() {
        return 1;
    }

    /** A deal, by its row and what that does not tell, without the stages it has left. */
    default void contribute(DealHistory deal, Contributions to) {}

    /** A deal's visit to a stage that it has left. */
    default void contribute(Deal deal, StageVisit left, Contributions to) {}

    /** The time between two activities of a deal's own tenant, or since its creation until the first, or from the last on. */
    default void contribute(DealHistory deal, Instant activity, Instant next, Contributions to) {}

    /** The same of activities of one kind, whoever's deal it is, from one on. */
    default void contribute(Contacts.Channel channel, Instant activity, Instant next, Contributions to) {}

    default void contribute(Activity activity, Contributions to) {}

    /** A lead, and whether any deal of its own tenant names it, and whether one of these is won. */
    default void contribute(Lead lead, boolean hasDeals, boolean isWon, Contributions to) {}

    /** A deal that names a lead; the lead is null while it is not known, and when it is another tenant's. */
    default void contribute(DealOfLead deal, @Nullable Lead lead, Contributions to) {}

    default void contribute(PipelineAggregate aggregate, Contributions to) {}

    default void contribute(AutomationRun run, Contributions to) {}

    default void contribute(AcquisitionMetric metric, Contributions to) {}
}
