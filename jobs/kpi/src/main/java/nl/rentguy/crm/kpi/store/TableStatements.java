package nl.rentguy.crm.kpi.store;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.partitioningBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.KpiTable.Column;
import nl.rentguy.crm.kpi.definition.KpiTable.RetainedRows;
import nl.rentguy.crm.kpi.definition.SqlType;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write one KPI table, each for many rows at once: their columns travel as arrays. All of them come to a row by
 * its key's index alone.
 */
final class TableStatements {

    private static final Map<Long, String> ERAS = Map.of(0L, "BC", 1L, "AD");

    /** As PostgreSQL reads an instant of any year. */
    private static final DateTimeFormatter INSTANT = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR_OF_ERA, 4, 10, SignStyle.NOT_NEGATIVE)
            .appendPattern("-MM-dd HH:mm:ss.SSSSSS'Z' ")
            .appendText(ChronoField.ERA, ERAS)
            .toFormatter(Locale.ROOT);

    private static final DateTimeFormatter DAY = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR_OF_ERA, 4, 10, SignStyle.NOT_NEGATIVE)
            .appendPattern("-MM-dd ")
            .appendText(ChronoField.ERA, ERAS)
            .toFormatter(Locale.ROOT);

    private final KpiTable<?> table;
    private final List<Column> columns;
    private final String upsert;
    private final String goes;
    private final String moves;

    TableStatements(KpiTable<?> table) {
        this.table = table;
        this.columns = table.columns();
        this.upsert = upsert(table);
        RetainedRows kept = table.retainedRows();
        this.moves = delete(table);
        this.goes = kept == null ? moves : mark(table, kept);
    }

    private static String upsert(KpiTable<?> table) {
        String names = names(table.columns());
        String values = names(table.valueColumns());
        return """
                INSERT INTO crm_kpi.%1$s AS target (%2$s, as_of)
                SELECT %3$s, as_of FROM unnest(%4$s, ?::timestamptz[]) AS source (%2$s, as_of)
                ON CONFLICT (%5$s) DO UPDATE SET (%6$s, as_of) = ROW (%7$s, greatest(target.as_of, excluded.as_of))
                WHERE ? OR (%8$s) IS DISTINCT FROM (%7$s)""".formatted(
                        table.name(),
                        names,
                        table.columns().stream()
                                .map(c -> c.type() == SqlType.TEXT_ARRAY ? c.name() + "::text[]" : c.name())
                                .collect(joining(", ")),
                        arrays(table.columns()),
                        names(table.keyColumns()),
                        values,
                        "excluded." + values.replace(", ", ", excluded."),
                        "target." + values.replace(", ", ", target."));
    }

    private static String delete(KpiTable<?> table) {
        return "DELETE FROM crm_kpi.%s AS target USING %s WHERE %s"
                .formatted(table.name(), sourceKeys(table), isSource(table));
    }

    private static String mark(KpiTable<?> table, RetainedRows kept) {
        return "UPDATE crm_kpi.%s AS target SET %s FROM %s WHERE %s AND %s"
                .formatted(
                        table.name(),
                        RetainedSql.assignments(kept),
                        sourceKeys(table),
                        isSource(table),
                        RetainedSql.condition(kept));
    }

    private static String sourceKeys(KpiTable<?> table) {
        return "unnest(%s, ?::timestamptz[]) AS source (%s, as_of)"
                .formatted(arrays(table.keyColumns()), names(table.keyColumns()));
    }

    private static String isSource(KpiTable<?> table) {
        return table.keyColumns().stream()
                .map(c -> "target.%1$s = source.%1$s".formatted(c.name()))
                .collect(joining(" AND "));
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(joining(", "));
    }

    /** An array of texts would become a longer list of texts: each such value travels as one. */
    private static String arrays(List<Column> columns) {
        return columns.stream()
                .map(c -> "?::%s[]".formatted(arrayType(c.type())))
                .collect(joining(", "));
    }

    private static String arrayType(SqlType type) {
        return type == SqlType.TEXT_ARRAY ? "text" : type.sqlName();
    }

    /**
     * Writes rows that are not gone.
     *
     * @param all whether a row that stands already as it is gets its new {@code as_of} all the same
     */
    void write(Connection database, List<TableRow> rows, boolean all) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement(upsert)) {
            int parameter = set(database, statement, columns, rows);
            statement.setBoolean(parameter, all);
            statement.executeUpdate();
        }
    }

    /** Whether rows stay when they are no longer derived. */
    boolean retainsRows() {
        return table.retainedRows() != null;
    }

    /** Deletes the rows with those keys; where rows are kept, marks those that have not moved. */
    void delete(Connection database, List<TableRow> gone) throws SQLException {
        Map<Boolean, List<TableRow>> byMoved = gone.stream().collect(partitioningBy(TableRow::hasMoved));
        execute(database, goes, byMoved.getOrDefault(false, List.of()));
        execute(database, moves, byMoved.getOrDefault(true, List.of()));
    }

    private void execute(Connection database, String sql, List<TableRow> rows) throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = database.prepareStatement(sql)) {
            set(database, statement, table.keyColumns(), rows);
            statement.executeUpdate();
        }
    }

    /**
     * Deletes all rows of those tenants that are not history.
     *
     * @param frozen the newest day that is
     */
    void clear(Connection database, List<String> tenants, LocalDate frozen) throws SQLException {
        if (table.retainedRows() != null) {
            return;
        }
        String days = table.frozenDay() == null ? "" : " AND %s > '%s'".formatted(table.frozenDay(), frozen);
        try (PreparedStatement statement = database.prepareStatement(
                "DELETE FROM crm_kpi.%s WHERE tenant_id = ANY (?)%s".formatted(table.name(), days))) {
            statement.setArray(1, database.createArrayOf("text", tenants.toArray()));
            statement.executeUpdate();
        }
    }

    /**
     * Where rows are kept, marks those of those tenants that are as of an earlier KPI time.
     *
     * @param history what ended until then stays as it is
     */
    void markOlder(Connection database, List<String> tenants, Instant kpiTime, Instant history) throws SQLException {
        RetainedRows kept = table.retainedRows();
        if (kept == null) {
            return;
        }
        String sql =
                "UPDATE crm_kpi.%s AS target SET %s FROM (SELECT ?::timestamptz AS as_of) AS source WHERE tenant_id = ANY (?) AND target.as_of < source.as_of AND %s AND %s"
                        .formatted(
                                table.name(),
                                RetainedSql.assignments(kept),
                                RetainedSql.condition(kept),
                                RetainedSql.changes(kept));
        try (PreparedStatement statement = database.prepareStatement(sql)) {
            statement.setObject(1, kpiTime.atOffset(ZoneOffset.UTC));
            statement.setArray(2, database.createArrayOf("text", tenants.toArray()));
            statement.setObject(3, history.atOffset(ZoneOffset.UTC));
            statement.executeUpdate();
        }
    }

    /** @return the number of the parameter after them */
    private static int set(Connection database, PreparedStatement statement, List<Column> columns, List<TableRow> rows)
            throws SQLException {
        for (int i = 0; i < columns.size(); i++) {
            Object[] array = new Object[rows.size()];
            for (int row = 0; row < array.length; row++) {
                array[row] = text(value(rows.get(row), i));
            }
            statement.setArray(
                    i + 1, database.createArrayOf(arrayType(columns.get(i).type()), array));
        }
        Object[] asOf = new Object[rows.size()];
        Map<Long, Object> texts = new HashMap<>();
        for (int row = 0; row < asOf.length; row++) {
            asOf[row] = texts.computeIfAbsent(rows.get(row).asOf(), millis -> text(Instant.ofEpochMilli(millis)));
        }
        statement.setArray(columns.size() + 1, database.createArrayOf("timestamptz", asOf));
        return columns.size() + 2;
    }

    /** What a row has in the column of that number, those of the key first. */
    static @Nullable Object value(TableRow row, int column) {
        List<Object> key = row.key();
        List<@Nullable Object> values = row.values();
        return column < key.size() ? key.get(column) : values == null ? null : values.get(column - key.size());
    }

    private static @Nullable Object text(@Nullable Object value) {
        if (value instanceof Instant instant) {
            return INSTANT.format(instant.atOffset(ZoneOffset.UTC));
        }
        return value instanceof LocalDate day ? DAY.format(day) : value;
    }

    /** The names of the key columns. */
    List<String> keyNames() {
        List<String> names = new ArrayList<>();
        table.keyColumns().forEach(column -> names.add(column.name()));
        return names;
    }
}
