package nl.rentguy.crm.kpi.engine;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.Contact;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.engine.EntityEngine.Tracked;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.kpi.SumKpi;
import nl.rentguy.crm.kpi.store.TableRow;
import nl.rentguy.crm.kpi.store.WrittenRows;
import org.jspecify.annotations.Nullable;

/** The engine with nothing around it: maps for state, a call for time. What the operators do, without Flink. */
public final class InMemoryTables implements Effects {

    private Kpis kpis;
    private final Entities<?> leads;
    private final Entities<DealFile> deals;
    private final Entities<Activity> activities;
    private final Entities<?> boards;
    private final Entities<Stage> stages;
    private final Entities<?> runs;
    private final Entities<?> metrics;
    private final Map<Cell.Group, Map<List<String>, Amounts>> sums = new HashMap<>();
    private final Map<String, Map<List<Object>, List<@Nullable Object>>> rows = new HashMap<>();

    public InMemoryTables(Kpis kpis) {
        this.kpis = kpis;
        this.leads = new Entities<>(Kpis::leads);
        this.deals = new Entities<>(Kpis::deals, Kpis::ofLead, leads);
        this.activities = new Entities<>(Kpis::activities, Contact::of, deals);
        this.boards = new Entities<>(Kpis::boards);
        this.stages = new Entities<>(Kpis::stages, stage -> stage, boards);
        this.runs = new Entities<>(Kpis::runs);
        this.metrics = new Entities<>(Kpis::metrics);
    }

    private final class Entities<S> {
        private final Function<Kpis, EntityModel<S>> modelOf;
        private EntityEngine<S> engine;
        private final Function<S, CrmRow.@Nullable Part> partOf;
        private final @Nullable Entities<?> parents;
        private final Map<Long, Tracked<S>> byId = new HashMap<>();

        Entities(Function<Kpis, EntityModel<S>> modelOf) {
            this(modelOf, entity -> null, null);
        }

        Entities(
                Function<Kpis, EntityModel<S>> modelOf,
                Function<S, CrmRow.@Nullable Part> partOf,
                @Nullable Entities<?> parents) {
            this.modelOf = modelOf;
            this.engine = new EntityEngine<>(modelOf.apply(kpis));
            this.partOf = partOf;
            this.parents = parents;
        }

        void change(long id, RowChange change, long now) {
            Tracked<S> before = byId.getOrDefault(id, Tracked.nothing());
            Tracked<S> after = now == KpiTime.NONE
                    ? engine.load(before, change)
                    : engine.change(before, change, now, InMemoryTables.this);
            if (after.state() == null) {
                byId.remove(id);
            } else {
                byId.put(id, after);
            }
            if (parents != null) {
                change.at(now)
                        .ofPart(part(before), part(after), (parent, ofPart) -> parents.change(parent, ofPart, now));
            }
        }

        void deriveBy(Kpis kept, Kpis added, Kpis all, long now) {
            Bootstrap<S> bootstrap =
                    new Bootstrap<>(new EntityEngine<>(modelOf.apply(kept)), new EntityEngine<>(modelOf.apply(added)));
            byId.replaceAll((id, entity) -> bootstrap.evaluate(entity, now, InMemoryTables.this));
            byId.values().removeIf(entity -> entity.state() == null);
            engine = new EntityEngine<>(modelOf.apply(all));
        }

        private CrmRow.@Nullable Part part(Tracked<S> entity) {
            return entity.state() == null ? null : partOf.apply(entity.state());
        }

        /** As one timer per entity would: from boundary to boundary. */
        void advance(long now) {
            byId.replaceAll((id, entity) -> {
                Tracked<S> at = entity.evaluatedAt() == KpiTime.NONE
                        ? engine.advance(entity, now, InMemoryTables.this)
                        : entity;
                for (long next = at.nextBoundary(); next <= now; next = at.nextBoundary()) {
                    at = engine.advance(at, next, InMemoryTables.this);
                }
                return at;
            });
            byId.values().removeIf(entity -> entity.state() == null);
        }
    }

    /** Takes in what is known before there is KPI time; the next {@link #advance} evaluates it. */
    public void load(RowChange change) {
        apply(change, KpiTime.NONE);
    }

    public void apply(RowChange change, long now) {
        Entities<?> entities =
                switch (change.table()) {
                    case LEADS -> leads;
                    case DEALS -> deals;
                    case ACTIVITIES -> activities;
                    case AUTOMATION_RUNS -> runs;
                    case PIPELINES -> boards;
                    case PIPELINE_STAGES -> stages;
                    case ACQUISITION_METRICS -> metrics;
                };
        entities.change(change.id(), change, now);
    }

    public void advance(long now) {
        for (Entities<?> entities : all()) {
            entities.advance(now);
        }
    }

    /** Goes on by another definition, as a job does that continues from saved state. */
    public void deriveBy(Kpis other, long now) {
        Set<String> shared = other.definition().sharedWith(kpis.definition());
        Set<String> added = new HashSet<>(other.names());
        added.removeAll(shared);
        sums.keySet().removeIf(group -> !shared.contains(group.kpi()));
        rows.keySet().retainAll(shared);
        for (Entities<?> entities : all()) {
            entities.deriveBy(other.only(shared), other.only(added), other, now);
        }
        kpis = other;
    }

    private List<Entities<?>> all() {
        return List.of(activities, deals, leads, stages, boards, runs, metrics);
    }

    @Override
    public void sums(Delta delta) {
        Map<List<String>, Amounts> lines = sums.computeIfAbsent(delta.cell().group(), group -> new HashMap<>());
        lines.merge(delta.cell().line(), delta.amounts(), Amounts::plus);
        lines.values().removeIf(Amounts::isZero);
        if (lines.isEmpty()) {
            sums.remove(delta.cell().group());
        }
    }

    @Override
    public void row(String table, List<Object> key, @Nullable List<@Nullable Object> values, long at) {
        Map<List<Object>, List<@Nullable Object>> held = rows.computeIfAbsent(table, name -> new HashMap<>());
        if (values == null) {
            held.remove(key);
        } else {
            held.put(key, values);
        }
    }

    private List<KpiRow> derived(Kpi kpi, Instant asOf) {
        List<KpiRow> derived = new ArrayList<>();
        rows.getOrDefault(kpi.table().name(), Map.of()).forEach((key, values) -> derived.add(new KpiRow(key, values)));
        if (kpi instanceof SumKpi ofSums) {
            sums.forEach((group, lines) -> {
                if (group.kpi().equals(kpi.table().name())) {
                    derived.addAll(ofSums.rows(group.key(), lines, asOf));
                }
            });
        }
        return derived;
    }

    /** The rows of a table as the oracle gives them: values as text, by primary key. */
    public Map<List<String>, List<@Nullable String>> rows(Kpi kpi, Instant asOf) throws SQLException {
        Map<List<String>, List<@Nullable String>> found = new HashMap<>();
        for (KpiRow row : derived(kpi, asOf)) {
            List<@Nullable String> values = new ArrayList<>();
            for (Object value : row.values()) {
                values.add(Oracle.text(value));
            }
            found.put(row.keyText(), values);
        }
        return found;
    }

    /** Writes all rows into the KPI tables, as the job does. */
    public void writeTo(Connection database, Instant asOf) throws SQLException {
        List<TableRow> all = new ArrayList<>();
        for (Kpi kpi : kpis.list()) {
            for (KpiRow row : derived(kpi, asOf)) {
                all.add(new TableRow(kpi.table().name(), row.key(), row.values(), asOf.toEpochMilli()));
            }
        }
        WrittenRows.write(database, kpis.list(), all);
    }

    /** By key, the sums of each line. */
    public Map<Cell.Group, Map<List<String>, Amounts>> sums() {
        return sums;
    }

    public Kpis kpis() {
        return kpis;
    }

    /** Whether nothing is remembered of anything. */
    public boolean isEmpty() {
        return all().stream().allMatch(entities -> entities.byId.isEmpty())
                && sums.isEmpty()
                && rows.values().stream().allMatch(Map::isEmpty);
    }
}
