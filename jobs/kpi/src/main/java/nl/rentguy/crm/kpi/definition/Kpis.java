package nl.rentguy.crm.kpi.definition;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import nl.rentguy.crm.kpi.crm.Entity;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.engine.EntityModel;

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

    /** What the entities of a kind are, and contribute to these tables. */
    @SuppressWarnings("unchecked") // a kind's entities are of one type, and no others are ever given to it
    public EntityModel<Entity> entities(EntityKind kind) {
        EntityModel<? extends Entity> model =
                switch (kind) {
                    case LEAD -> new Entities.Leads(kpis);
                    case DEAL -> new Entities.Deals(kpis, settings);
                    case ACTIVITY -> new Entities.Activities(kpis);
                    case PIPELINE -> new Entities.Pipelines(kpis);
                    case STAGE -> new Entities.Stages();
                    case RUN -> new Entities.Runs(kpis, settings);
                    case METRIC -> new Entities.Metrics(kpis, settings);
                };
        return (EntityModel<Entity>) model;
    }
}
