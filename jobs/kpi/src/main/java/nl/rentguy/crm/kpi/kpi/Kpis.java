package nl.rentguy.crm.kpi.kpi;

import static java.util.stream.Collectors.joining;

import java.util.List;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.engine.EntityModel;

/** The KPI tables that a job keeps, and the entities they are made of. */
public final class Kpis {

    private final KpiSettings settings;
    private final List<Kpi> kpis;

    /** Every KPI table there is, by those settings. */
    public Kpis(KpiSettings settings) {
        this.settings = settings;
        this.kpis = List.of(
                new PipelineVelocity(settings),
                new AutomationSla(settings),
                new SalesVelocity(settings),
                new DealsDaily(settings),
                new Acquisition(settings));
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

    /** A deal with its past, from changes of its own row. */
    public EntityModel<DealHistory> deals() {
        return new Entities.Deals(kpis, settings.window());
    }

    /** A pipeline with its stages, from changes of either. */
    public EntityModel<PipelineBoard> boards() {
        return new Entities.Boards(kpis);
    }

    /** An automation run, from changes of its own row. */
    public EntityModel<AutomationRun> runs() {
        return new Entities.Runs(kpis);
    }

    /** What a source brought on a day, from changes of its own row. */
    public EntityModel<AcquisitionMetric> metrics() {
        return new Entities.Metrics(kpis);
    }
}
