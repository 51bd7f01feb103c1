package nl.rentguy.crm.kpi.engine;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.cdc.RowDecoder;
import nl.rentguy.crm.kpi.cdc.UndecodableChangeException;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.StatusWords;
import org.apache.flink.configuration.Configuration;

/**
 * What has changed in the CRM since the last look, cascades included, in any order of rows: as between tables there is no
 * order that the job may rely on. Values are written as Debezium writes them and decoded as the job does.
 */
public final class ChangeCapture {

    private static final CaptureSpec CAPTURED = CaptureSpec.of(
            Configuration.fromMap(Map.of("crm.task-due-column", "due_at", "crm.task-status-column", "status")));

    private final Connection crm;
    private final Random order;
    private final RowDecoder decoder = new RowDecoder(CAPTURED, StatusWords.DEFAULTS);
    private final Map<CrmTable, Map<Long, Map<String, String>>> seen = new HashMap<>();

    public ChangeCapture(Connection crm, Random order) {
        this.crm = crm;
        this.order = order;
    }

    /** @param committedAt milliseconds since the epoch, or {@link RowChange#IN_SNAPSHOT} */
    public List<RowChange> since(long committedAt) throws SQLException {
        List<RowChange> changes = new ArrayList<>();
        for (CrmTable table : CrmTable.values()) {
            Map<Long, Map<String, String>> now = read(table);
            Map<Long, Map<String, String>> before = seen.getOrDefault(table, Map.of());
            now.forEach((id, row) -> {
                if (!row.equals(before.get(id))) {
                    changes.add(change(
                            table, before.containsKey(id) ? Operation.UPDATE : Operation.INSERT, committedAt, row));
                }
            });
            before.keySet().stream()
                    .filter(id -> !now.containsKey(id))
                    .forEach(id ->
                            changes.add(change(table, Operation.DELETE, committedAt, Map.of("id", Long.toString(id)))));
            seen.put(table, now);
        }
        Collections.shuffle(changes, order);
        return changes;
    }

    private RowChange change(CrmTable table, Operation operation, long committedAt, Map<String, String> row) {
        boolean inSnapshot = committedAt == RowChange.IN_SNAPSHOT;
        RawChange raw = new RawChange(
                table.tableName(),
                inSnapshot ? Operation.READ : operation,
                inSnapshot ? 0 : 1,
                inSnapshot ? RowChange.IN_SNAPSHOT : committedAt * 1000,
                row);
        try {
            return decoder.decode(raw).orElseThrow().change();
        } catch (UndecodableChangeException e) {
            throw new AssertionError("a history has nothing that is refused", e);
        }
    }

    private Map<Long, Map<String, String>> read(CrmTable table) throws SQLException {
        Map<Long, Map<String, String>> rows = new HashMap<>();
        try (Statement statement = crm.createStatement();
                ResultSet row = statement.executeQuery("SELECT * FROM " + table.tableName())) {
            while (row.next()) {
                Map<String, String> columns = new HashMap<>();
                for (String column : CAPTURED.columns(table.tableName())) {
                    String text = text(row, column);
                    if (text != null) {
                        columns.put(column, text);
                    }
                }
                rows.put(row.getLong("id"), columns);
            }
        }
        return rows;
    }

    /** As Debezium writes it: a date as its days since 1970, an instant with its offset. */
    private static String text(ResultSet row, String column) throws SQLException {
        String text = row.getString(column);
        if (text == null || text.endsWith("infinity")) {
            return text;
        }
        return switch (row.getMetaData().getColumnTypeName(row.findColumn(column))) {
            case "date" -> Long.toString(row.getObject(column, LocalDate.class).toEpochDay());
            case "timestamptz" -> row.getObject(column, OffsetDateTime.class).toString();
            default -> text;
        };
    }
}
