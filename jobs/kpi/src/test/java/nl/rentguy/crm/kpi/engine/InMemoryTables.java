package nl.rentguy.crm.kpi.engine;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.EntityEngine.Tracked;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiRow;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.store.TableRow;
import nl.rentguy.crm.kpi.store.WrittenRows;

/** The engine with nothing around it: maps for state, a call for time. What the operators do, without Flink. */
public final class InMemoryTables {

    private final Kpis kpis;
    private final Entities<?> deals;
    private final Entities<?> boards;
    private final Entities<?> runs;
    private final Entities<?> metrics;
    private final Entities<?> leads;
    private final Parents leadOfDeal = new Parents();
    private final Parents dealOfActivity = new Parents();
    private final Parents dealOfRun = new Parents();
    private final Parents pipelineOfStage = new Parents();
    private final Map<Cell.Group, Map<List<String>, Amounts>> sums = new HashMap<>();

    public InMemoryTables(Kpis kpis) {
        this.kpis = kpis;
        this.deals = new Entities<>(kpis.deals());
        this.leads = new Entities<>(kpis.leads());
        this.boards = new Entities<>(kpis.boards());
        this.runs = new Entities<>(kpis.runs());
        this.metrics = new Entities<>(kpis.metrics());
    }

    private final class Entities<S> {
        private final EntityEngine<S> engine;
        private final Map<Long, Tracked<S>> byId = new HashMap<>();

        Entities(EntityModel<S> model) {
            this.engine = new EntityEngine<>(model);
        }

        void change(long id, RowChange change, long now) {
            Tracked<S> before = byId.getOrDefault(id, Tracked.nothing());
            Tracked<S> after = now == KpiTime.NONE
                    ? engine.load(before, change)
                    : engine.change(before, change, now, InMemoryTables.this::add);
            if (after.state() == null) {
                byId.remove(id);
            } else {
                byId.put(id, after);
            }
        }

        /** As one timer per entity would: from boundary to boundary. */
        void advance(long now) {
            byId.replaceAll((id, entity) -> {
                Tracked<S> at = entity.evaluatedAt() == KpiTime.NONE
                        ? engine.advance(entity, now, InMemoryTables.this::add)
                        : entity;
                for (long next = at.nextBoundary(); next <= now; next = at.nextBoundary()) {
                    at = engine.advance(at, next, InMemoryTables.this::add);
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
        switch (change.table()) {
            case LEADS -> leads.change(change.id(), change, now);
            case DEALS -> {
                deals.change(change.id(), change, now);
                if (change.remembered() == null) {
                    leadOfDeal.apply(change, leads, now);
                }
            }
            case ACTIVITIES -> dealOfActivity.apply(change, deals, now);
            case AUTOMATION_RUNS -> {
                runs.change(change.id(), change, now);
                dealOfRun.apply(change, deals, now);
            }
            case PIPELINES -> boards.change(change.id(), change, now);
            case PIPELINE_STAGES -> pipelineOfStage.apply(change, boards, now);
            case ACQUISITION_METRICS -> metrics.change(change.id(), change, now);
        }
    }

    /** Sends rows to the entity they are part of, and remembers where. */
    private static final class Parents {
        private final Map<Long, Long> parents = new HashMap<>();

        void apply(RowChange change, Entities<?> entities, long now) {
            Long after = change.parentId();
            Long before = after == null ? parents.remove(change.id()) : parents.put(change.id(), after);
            if (before != null && !before.equals(after)) {
                entities.change(before, RowChange.deletion(change.table(), change.id(), now), now);
            }
            if (after != null) {
                entities.change(after, change, now);
            }
        }
    }

    public void advance(long now) {
        deals.advance(now);
        leads.advance(now);
        boards.advance(now);
        runs.advance(now);
        metrics.advance(now);
    }

    private void add(Delta delta) {
        Map<List<String>, Amounts> lines = sums.computeIfAbsent(delta.cell().group(), group -> new HashMap<>());
        lines.merge(delta.cell().line(), delta.amounts(), Amounts::plus);
        lines.values().removeIf(Amounts::isZero);
        if (lines.isEmpty()) {
            sums.remove(delta.cell().group());
        }
    }

    /** The rows of a table as the oracle gives them: values as text, by primary key. */
    public Map<List<String>, List<String>> rows(Kpi kpi, Instant asOf) throws SQLException {
        Map<List<String>, List<String>> rows = new HashMap<>();
        for (Map.Entry<Cell.Group, Map<List<String>, Amounts>> entry : sums.entrySet()) {
            Cell.Group group = entry.getKey();
            if (group.kpi().equals(kpi.table().name())) {
                for (KpiRow row : kpi.rows(group.key(), entry.getValue(), asOf)) {
                    List<String> values = new ArrayList<>();
                    for (Object value : row.values()) {
                        values.add(Oracle.text(value));
                    }
                    rows.put(row.keyText(), values);
                }
            }
        }
        return rows;
    }

    /** Writes all rows into the KPI tables, as the job does. */
    public void writeTo(Connection database, Instant asOf) throws SQLException {
        List<TableRow> rows = new ArrayList<>();
        for (Kpi kpi : kpis.list()) {
            for (Map.Entry<Cell.Group, Map<List<String>, Amounts>> entry : sums.entrySet()) {
                Cell.Group group = entry.getKey();
                if (group.kpi().equals(kpi.table().name())) {
                    for (KpiRow row : kpi.rows(group.key(), entry.getValue(), asOf)) {
                        rows.add(new TableRow(group.kpi(), row.key(), row.values(), asOf.toEpochMilli()));
                    }
                }
            }
        }
        WrittenRows.write(database, kpis.list(), rows);
    }

    public Kpis kpis() {
        return kpis;
    }

    /** Whether nothing is remembered of anything. */
    public boolean isEmpty() {
        return deals.byId.isEmpty()
                && leads.byId.isEmpty()
                && boards.byId.isEmpty()
                && runs.byId.isEmpty()
                && metrics.byId.isEmpty()
                && leadOfDeal.parents.isEmpty()
                && dealOfActivity.parents.isEmpty()
                && dealOfRun.parents.isEmpty()
                && pipelineOfStage.parents.isEmpty()
                && sums.isEmpty();
    }
}
