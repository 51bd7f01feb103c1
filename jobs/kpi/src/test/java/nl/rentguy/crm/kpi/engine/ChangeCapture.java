package nl.rentguy.crm.kpi.engine;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;

/**
 * What has changed in the CRM since the last look, cascades included, in any order of rows: as between tables there is no
 * order that the job may rely on.
 */
public final class ChangeCapture {

    private final Connection crm;
    private final Random order;
    private final Map<CrmTable, Map<Long, RowChange>> seen = new HashMap<>();

    public ChangeCapture(Connection crm, Random order) {
        this.crm = crm;
        this.order = order;
    }

    public List<RowChange> since(long committedAt) throws SQLException {
        List<RowChange> changes = new ArrayList<>();
        for (CrmTable table : CrmTable.values()) {
            Map<Long, RowChange> now = read(table);
            Map<Long, RowChange> before = seen.getOrDefault(table, Map.of());
            now.forEach((id, row) -> {
                if (!row.equals(before.get(id))) {
                    changes.add(row.at(committedAt));
                }
            });
            before.keySet().stream()
                    .filter(id -> !now.containsKey(id))
                    .forEach(id -> changes.add(RowChange.deletion(table, id, committedAt)));
            seen.put(table, now);
        }
        Collections.shuffle(changes, order);
        return changes;
    }

    private Map<Long, RowChange> read(CrmTable table) throws SQLException {
        Map<Long, RowChange> rows = new HashMap<>();
        try (Statement statement = crm.createStatement();
                ResultSet row = statement.executeQuery("SELECT * FROM " + table.tableName())) {
            while (row.next()) {
                rows.put(row.getLong("id"), change(table, row));
            }
        }
        return rows;
    }

    private static RowChange change(CrmTable table, ResultSet row) throws SQLException {
        return switch (table) {
            case PIPELINES ->
                RowChange.of(new Pipeline(row.getLong("id"), row.getString("tenant_id"), row.getString("name")), 0);
            case PIPELINE_STAGES ->
                RowChange.of(
                        new Stage(
                                row.getLong("id"),
                                row.getLong("pipeline_id"),
                                row.getString("name"),
                                row.getInt("order")),
                        0);
            case DEALS ->
                RowChange.of(
                        new Deal(
                                row.getLong("id"),
                                row.getString("tenant_id"),
                                row.getObject("lead_id") == null ? null : row.getLong("lead_id"),
                                row.getLong("pipeline_id"),
                                row.getLong("stage_id"),
                                row.getString("title"),
                                cents(row.getBigDecimal("value")),
                                row.getString("currency"),
                                row.getObject("expected_close", LocalDate.class),
                                row.getInt("probability"),
                                row.getString("status"),
                                instant(row, "created_at"),
                                instant(row, "updated_at")),
                        0);
            case AUTOMATION_RUNS ->
                RowChange.of(
                        new AutomationRun(
                                row.getLong("id"),
                                row.getString("tenant_id"),
                                row.getObject("deal_id") == null ? null : row.getLong("deal_id"),
                                row.getString("workflow_id"),
                                row.getString("status"),
                                instant(row, "created_at"),
                                row.getObject("completed_at") == null ? null : instant(row, "completed_at")),
                        0);
            case ACQUISITION_METRICS ->
                RowChange.of(
                        new AcquisitionMetric(
                                row.getLong("id"),
                                row.getString("tenant_id"),
                                row.getString("channel"),
                                row.getString("source"),
                                row.getObject("captured_date", LocalDate.class),
                                row.getLong("sessions"),
                                row.getLong("new_users"),
                                row.getLong("engaged_sessions"),
                                row.getLong("ga_conversions"),
                                cents(row.getBigDecimal("ga_conversion_value")),
                                row.getLong("gtm_conversions"),
                                cents(row.getBigDecimal("gtm_conversion_value")),
                                row.getString("ga_property_id"),
                                row.getString("gtm_container_id")),
                        0);
            case LEADS ->
                RowChange.of(
                        new Lead(
                                row.getLong("id"),
                                row.getString("tenant_id"),
                                row.getString("source"),
                                instant(row, "created_at")),
                        0);
            case ACTIVITIES ->
                RowChange.of(
                        new Activity(
                                row.getLong("id"),
                                row.getString("tenant_id"),
                                row.getLong("deal_id"),
                                row.getString("activity_type"),
                                instant(row, "occurred_at"),
                                null,
                                null),
                        0);
        };
    }

    private static long cents(BigDecimal value) {
        return value.movePointRight(2).longValueExact();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
