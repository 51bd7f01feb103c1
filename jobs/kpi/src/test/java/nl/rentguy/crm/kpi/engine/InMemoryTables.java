package nl.rentguy.crm.kpi.engine;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.crm.Entity;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.definition.SumKpi;
import nl.rentguy.crm.kpi.engine.EntityEngine.Evaluated;
import nl.rentguy.crm.kpi.store.TableRow;
import nl.rentguy.crm.kpi.store.WrittenRows;
import org.jspecify.annotations.Nullable;

/** The engine with nothing around it: maps for state, a call for time. What the operators do, without Flink. */
public final class InMemoryTables implements Effects {

    private Kpis kpis;
    private final Map<EntityKind, Entities> entities = new EnumMap<>(EntityKind.class);
    private final Map<AggregateKey, Map<List<String>, Measures>> sums = new HashMap<>();
    private final Map<String, Map<List<Object>, List<@Nullable Object>>> rows = new HashMap<>();

    public InMemoryTables(Kpis kpis) {
        this.kpis = kpis;
        for (EntityKind kind : EntityKind.values()) {
            entities.put(kind, new Entities(kind));
        }
    }

    /** The same as it is now, as a checkpoint would have it. */
    public InMemoryTables copy() {
        InMemoryTables copy = new InMemoryTables(kpis);
        entities.forEach((kind, ofKind) -> copy.entities(kind).byId.putAll(ofKind.byId));
        sums.forEach((group, buckets) -> copy.sums.put(group, new HashMap<>(buckets)));
        rows.forEach((table, byKey) -> copy.rows.put(table, new HashMap<>(byKey)));
        return copy;
    }

    private Entities entities(EntityKind kind) {
        return Objects.requireNonNull(entities.get(kind));
    }

    private final class Entities {
        private final EntityKind kind;
        private EntityEngine<Entity> engine;
        private final Map<Long, Evaluated<Entity>> byId = new HashMap<>();

        Entities(EntityKind kind) {
            this.kind = kind;
            this.engine = new EntityEngine<>(kpis.entities(kind));
        }

        void change(long id, RowChange change, long now) {
            Evaluated<Entity> before = byId.getOrDefault(id, Evaluated.nothing());
            Evaluated<Entity> after = now == KpiTime.NONE
                    ? engine.load(before, change)
                    : engine.change(before, change, now, InMemoryTables.this);
            if (after.state() == null) {
                byId.remove(id);
            } else {
                byId.put(id, after);
            }
            EntityKind parents = kind.parent();
            if (parents != null) {
                change.at(now).ofPart(engine.part(before), engine.part(after), (parent, ofPart) -> entities(parents)
                        .change(parent, ofPart, now));
            }
        }

        void deriveBy(Kpis kept, Kpis added, Kpis all, long now) {
            Bootstrap<Entity> bootstrap =
                    new Bootstrap<>(new EntityEngine<>(kept.entities(kind)), new EntityEngine<>(added.entities(kind)));
            byId.replaceAll((id, entity) -> bootstrap.evaluate(entity, now, InMemoryTables.this));
            byId.values().removeIf(entity -> entity.state() == null);
            engine = new EntityEngine<>(all.entities(kind));
        }

        /** As one timer per entity would: from boundary to boundary. */
        void advance(long now) {
            byId.replaceAll((id, entity) -> {
                Evaluated<Entity> at = entity.evaluatedAt() == KpiTime.NONE
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
        entities(EntityKind.of(change.table())).change(change.id(), change, now);
    }

    public void advance(long now) {
        entities.values().forEach(ofKind -> ofKind.advance(now));
    }

    /** Goes on by another definition, as a job does that continues from saved state. */
    public void deriveBy(Kpis other, long now) {
        Set<String> shared = other.definition().sharedWith(kpis.definition());
        Set<String> added = new HashSet<>(other.names());
        added.removeAll(shared);
        sums.keySet().removeIf(group -> !shared.contains(group.kpi()));
        rows.keySet().retainAll(shared);
        entities.values().forEach(ofKind -> ofKind.deriveBy(other.only(shared), other.only(added), other, now));
        kpis = other;
    }

    @Override
    public void sums(Delta delta) {
        Map<List<String>, Measures> buckets = sums.computeIfAbsent(delta.key().aggregate(), group -> new HashMap<>());
        buckets.merge(delta.key().bucket(), delta.measures(), Measures::plus);
        buckets.values().removeIf(Measures::isZero);
        if (buckets.isEmpty()) {
            sums.remove(delta.key().aggregate());
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

    @Override
    public void history(String table, List<Object> key, long at) {
        rows.getOrDefault(table, Map.of()).remove(key);
    }

    private List<KpiRow> derived(Kpi kpi, Instant asOf) {
        List<KpiRow> derived = new ArrayList<>();
        rows.getOrDefault(kpi.table().name(), Map.of()).forEach((key, values) -> derived.add(new KpiRow(key, values)));
        if (kpi instanceof SumKpi ofSums) {
            sums.forEach((group, buckets) -> {
                if (group.kpi().equals(kpi.table().name())) {
                    derived.addAll(ofSums.rows(group.key(), buckets, asOf));
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
        WrittenRows.write(database, kpis.list(), tableRows(asOf));
    }

    /** All rows of all tables. */
    public List<TableRow> tableRows(Instant asOf) {
        List<TableRow> all = new ArrayList<>();
        for (Kpi kpi : kpis.list()) {
            for (KpiRow row : derived(kpi, asOf)) {
                all.add(new TableRow(kpi.table().name(), row.key(), row.values(), asOf.toEpochMilli()));
            }
        }
        return all;
    }

    /** By key, the sums of each bucket. */
    public Map<AggregateKey, Map<List<String>, Measures>> sums() {
        return sums;
    }

    public Kpis kpis() {
        return kpis;
    }

    /** Whether nothing is remembered of anything. */
    public boolean isEmpty() {
        return entities.values().stream().allMatch(ofKind -> ofKind.byId.isEmpty())
                && sums.isEmpty()
                && rows.values().stream().allMatch(Map::isEmpty);
    }
}
