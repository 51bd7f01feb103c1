package nl.rentguy.crm.kpi.kpi;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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

    /** The tables of the groups that the settings name, derived by those settings. */
    public Kpis(KpiSettings settings) {
        this(settings, of(settings.groups(), settings));
    }

    /** Those KPI tables alone. */
    public Kpis(KpiSettings settings, List<Kpi> kpis) {
        this.settings = settings;
        this.kpis = kpis;
    }

    private static List<Kpi> of(Collection<KpiGroup> groups, KpiSettings settings) {
        return groups.stream().flatMap(group -> group.kpis(settings).stream()).toList();
    }

    /** Every table there is, whatever the groups that the settings name. */
    public static Kpis all(KpiSettings settings) {
        return new Kpis(settings, of(List.of(KpiGroup.values()), settings));
    }

    /** Those of these tables that have one of the names. */
    public Kpis only(Collection<String> tables) {
        return new Kpis(
                settings,
                kpis.stream().filter(kpi -> tables.contains(kpi.table().name())).toList());
    }

    /** By what these tables are derived. */
    public Definition definition() {
        Map<String, String> versions = new TreeMap<>();
        kpis.forEach(kpi -> versions.put(kpi.table().name(), kpi.version() + " by " + settings.formulas()));
        return new Definition(versions, settings.captured());
    }

    /** The same for the same definition, and short. */
    public String version() {
        return "%08x".formatted(definition().hashCode());
    }

    /** The names of the tables. */
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        kpis.forEach(kpi -> names.add(kpi.table().name()));
        return names;
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
