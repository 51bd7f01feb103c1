package nl.rentguy.crm.kpi.kpi;

import static java.util.stream.Collectors.joining;

import java.util.List;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.LeadFile;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.engine.EntityModel;
import org.jspecify.annotations.Nullable;

/** The KPI tables that a job keeps, and the entities they are made of. */
public final class Kpis {

    private final KpiSettings settings;
    private final List<Kpi> kpis;

    /** Every KPI table there is, by those settings. */
    public Kpis(KpiSettings settings) {
        this(
                settings,
                List.of(
                        new PipelineVelocity(settings),
                        new AutomationSla(settings),
                        new SalesVelocity(settings),
                        new DealsDaily(settings),
                        new ClosedDealsDaily(settings),
                        new DealStageHistory(),
                        new Deals(),
                        new LeadFunnel(settings, Grain.TOTAL),
                        new LeadFunnel(settings, Grain.DAY),
                        new Acquisition(settings, Grain.TOTAL),
                        new Acquisition(settings, Grain.DAY),
                        new SourcePerformance(settings, Grain.TOTAL),
                        new SourcePerformance(settings, Grain.DAY),
                        new ActivityChannels(settings),
                        new Watchlist(settings)));
    }

    /** Those KPI tables alone. */
    public Kpis(KpiSettings settings, List<Kpi> kpis) {
        this.settings = settings;
        this.kpis = kpis;
    }

    /** By what sums are made: sums of one definition cannot be continued by another. */
    public String definition() {
        return "%s of %s"
                .formatted(
                        settings, kpis.stream().map(kpi -> kpi.table().name()).collect(joining(", ")));
    }

    /** The same for the same definition, and short. */
    public String version() {
        return "%08x".formatted(definition().hashCode());
    }

    public List<Kpi> list() {
        return kpis;
    }

    /** The KPI with that table. */
    public Kpi named(String table) {
        return kpis.stream()
                .filter(kpi -> kpi.table().name().equals(table))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no KPI table is named " + table));
    }

    /** The KPI with that table, whose rows follow from sums. */
    public SumKpi sums(String table) {
        if (named(table) instanceof SumKpi kpi) {
            return kpi;
        }
        throw new IllegalArgumentException(table + " has no sums");
    }

    /** A deal with its past and when its activities occur, from changes of its row and of activities. */
    public EntityModel<DealFile> deals() {
        return new Entities.Deals(kpis, settings);
    }

    /** A lead with the deals that name it, from changes of either. */
    public EntityModel<LeadFile> leads() {
        return new Entities.Leads(kpis);
    }

    /** What a lead needs to know of a deal; null when nothing. */
    public static @Nullable DealOfLead ofLead(DealFile deal) {
        return Entities.Deals.ofLead(deal);
    }

    /** A stage, from changes of its own row. */
    public EntityModel<Stage> stages() {
        return new Entities.Stages();
    }

    /** An activity, from changes of its own row. */
    public EntityModel<Activity> activities() {
        return new Entities.Activities(kpis);
    }

    /** A pipeline with its stages, from changes of either. */
    public EntityModel<PipelineBoard> boards() {
        return new Entities.Boards(kpis);
    }

    /** An automation run, from changes of its own row. */
    public EntityModel<AutomationRun> runs() {
        return new Entities.Runs(kpis, settings);
    }

    /** What a source brought on a day, from changes of its own row. */
    public EntityModel<AcquisitionMetric> metrics() {
        return new Entities.Metrics(kpis, settings);
    }
}
