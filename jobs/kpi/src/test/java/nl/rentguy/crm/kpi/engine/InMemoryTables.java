package nl.rentguy.crm.kpi.engine;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.engine.EntityEngine.Tracked;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiRow;
import nl.rentguy.crm.kpi.kpi.Kpis;

/** The engine with nothing around it: maps for state, a call for time. What the operators do, without Flink. */
public final class InMemoryTables {

    private final Kpis kpis;
    private final Entities<?> deals;
    private final Entities<?> boards;
    private final Entities<?> runs;
    private final Entities<?> metrics;
    private final Map<Long, Long> parentOfStage = new HashMap<>();
    private final Map<Cell.Group, Map<List<String>, Amounts>> sums = new HashMap<>();

    public InMemoryTables(Kpis kpis) {
        this.kpis = kpis;
        this.deals = new Entities<>(kpis.deals());
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
            Tracked<S> after = engine.change(before, change, now, InMemoryTables.this::add);
            if (after.state() == null) {
                byId.remove(id);
            } else {
                byId.put(id, after);
            }
        }

        /** As one timer per entity would: from boundary to boundary. */
        void advance(long now) {
            byId.replaceAll((id, entity) -> {
                Tracked<S> at = entity;
                for (long next = engine.nextBoundary(at); next <= now; next = engine.nextBoundary(at)) {
                    at = engine.advance(at, next, InMemoryTables.this::add);
                }
                return at;
            });
        }
    }

    public void apply(RowChange change, long now) {
        switch (change.table()) {
            case DEALS -> deals.change(change.id(), change, now);
            case AUTOMATION_RUNS -> runs.change(change.id(), change, now);
            case PIPELINES -> boards.change(change.id(), change, now);
            case PIPELINE_STAGES -> applyStage(change, now);
            case ACQUISITION_METRICS -> metrics.change(change.id(), change, now);
            case LEADS, ACTIVITIES -> throw new IllegalArgumentException(change.toString());
        }
    }

    private void applyStage(RowChange change, long now) {
        Stage stage = change.stage();
        Long after = stage == null ? null : stage.pipelineId();
        Long before = after == null ? parentOfStage.remove(change.id()) : parentOfStage.put(change.id(), after);
        if (before != null && !before.equals(after)) {
            boards.change(before, RowChange.deletion(CrmTable.PIPELINE_STAGES, change.id(), now), now);
        }
        if (after != null) {
            boards.change(after, change, now);
        }
    }

    public void advance(long now) {
        deals.advance(now);
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

    public Kpis kpis() {
        return kpis;
    }

    /** Whether nothing is remembered of anything. */
    public boolean isEmpty() {
        return deals.byId.isEmpty()
                && boards.byId.isEmpty()
                && runs.byId.isEmpty()
                && metrics.byId.isEmpty()
                && parentOfStage.isEmpty()
                && sums.isEmpty();
    }
}
