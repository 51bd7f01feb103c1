package nl.rentguy.crm.kpi.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import nl.rentguy.crm.kpi.definition.KpiTable;
import org.jspecify.annotations.Nullable;

/**
 * Makes the tenants, pipelines and stages that rows refer to, where they are missing; their names come with the tables that have them. What
 * is known to be there costs nothing.
 *
 * <p>Two writers that make the same ones do so in the same order, so that none waits for another that waits for it.
 */
final class Dimensions {

    private static final String TENANTS =
            "INSERT INTO crm_kpi.crm_tenants (tenant_id) SELECT unnest(?::text[]) ON CONFLICT DO NOTHING";
    private static final String PIPELINES =
            "INSERT INTO crm_kpi.crm_pipelines (pipeline_id, tenant_id) SELECT * FROM unnest(?::bigint[], ?::text[]) ON CONFLICT DO NOTHING";
    private static final String STAGES =
            "INSERT INTO crm_kpi.crm_stages (stage_id, pipeline_id, tenant_id) SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[]) ON CONFLICT DO NOTHING";

    private record Stage(long pipeline, String tenant) {}

    private final Set<String> knownTenants = new HashSet<>();
    private final Set<Long> knownPipelines = new HashSet<>();
    private final Set<Long> knownStages = new HashSet<>();

    /** Of the transaction that is under way. */
    private final TreeSet<String> tenants = new TreeSet<>();

    private final TreeMap<Long, String> pipelines = new TreeMap<>();
    private final TreeMap<Long, Stage> stages = new TreeMap<>();

    /** Where a table's columns name them, by the number of the column; none where a table has no such column. */
    private record Columns(
            @Nullable Integer pipeline, @Nullable Integer stage) {

        static Columns of(KpiTable<?> table) {
            Map<String, Integer> numbers = new HashMap<>();
            for (KpiTable.Column column : table.columns()) {
                numbers.put(column.name(), numbers.size());
            }
            return new Columns(numbers.get("pipeline_id"), numbers.get("stage_id"));
        }
    }

    private final Map<String, Columns> columns = new HashMap<>();

    Dimensions(Collection<KpiTable<?>> tables) {
        tables.forEach(table -> columns.put(table.name(), Columns.of(table)));
    }

    /** Makes what those rows refer to, as a part of the transaction that is under way. */
    void make(Connection database, List<TableRow> rows) throws SQLException {
        for (TableRow row : rows) {
            if (!row.isGone()) {
                note(row);
            }
        }
        insert(database, TENANTS, tenants);
        insert(database, PIPELINES, pipelines.keySet(), pipelines.values());
        Collection<Stage> ofStages = stages.values();
        insert(
                database,
                STAGES,
                stages.keySet(),
                ofStages.stream().map(Stage::pipeline).toList(),
                ofStages.stream().map(Stage::tenant).toList());
    }

    private static void insert(Connection database, String sql, Collection<?>... columns) throws SQLException {
        if (columns[0].isEmpty()) {
            return;
        }
        try (PreparedStatement statement = database.prepareStatement(sql)) {
            for (int i = 0; i < columns.length; i++) {
                Object[] values = columns[i].toArray();
                statement.setArray(
                        i + 1, database.createArrayOf(values[0] instanceof Long ? "bigint" : "text", values));
            }
            statement.executeUpdate();
        }
    }

    private void note(TableRow row) {
        String tenant = row.tenant();
        if (!knownTenants.contains(tenant)) {
            tenants.add(tenant);
        }
        Columns of = columns.get(row.table());
        Long pipeline = of == null ? null : number(row, of.pipeline);
        if (pipeline != null && !knownPipelines.contains(pipeline)) {
            pipelines.putIfAbsent(pipeline, tenant);
        }
        Long stage = of == null ? null : number(row, of.stage);
        if (stage != null && pipeline != null && !knownStages.contains(stage)) {
            stages.putIfAbsent(stage, new Stage(pipeline, tenant));
        }
    }

    private static @Nullable Long number(TableRow row, @Nullable Integer column) {
        return column == null ? null : (Long) TableStatements.value(row, column);
    }

    /** The transaction stands: what it has made is known. */
    void committed() {
        knownTenants.addAll(tenants);
        knownPipelines.addAll(pipelines.keySet());
        knownStages.addAll(stages.keySet());
        forgetTransaction();
    }

    /** What the transaction has made may not stand. */
    void forgetTransaction() {
        tenants.clear();
        pipelines.clear();
        stages.clear();
    }

    /** It may be another database by now. */
    void reconnected() {
        forgetTransaction();
        knownTenants.clear();
        knownPipelines.clear();
        knownStages.clear();
    }
}
