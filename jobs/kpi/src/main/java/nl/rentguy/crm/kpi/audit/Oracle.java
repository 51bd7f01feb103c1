package nl.rentguy.crm.kpi.audit;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.KpiTable.Column;
import nl.rentguy.crm.kpi.definition.SqlType;
import org.jspecify.annotations.Nullable;

/**
 * A KPI table's definition, {@code sql/oracle/<table>.sql}: a batch query over the CRM with the parameter {@code :as_of}.
 * For what plain rows cannot tell, and for the settings, it reads schema {@code oracle}, see {@link #install} and {@link #tell}.
 */
public final class Oracle {

    private final KpiTable<?> table;
    private final String query;

    public Oracle(KpiTable<?> table) {
        this.table = table;
        this.query = sql("oracle/" + table.name() + ".sql").replace(":as_of", "?");
    }

    /** The text of a file below {@code sql/}. */
    public static String sql(String file) {
        try (InputStream text = Oracle.class.getResourceAsStream("/sql/" + file)) {
            if (text == null) {
                throw new IllegalArgumentException("there is no file sql/" + file);
            }
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sets up in a CRM database what the definitions rest on; for tests and demos alone, before the job starts. */
    public static void install(Connection crm) throws SQLException {
        try (Statement statement = crm.createStatement()) {
            for (String file : List.of("words", "rows", "history")) {
                statement.execute(sql("oracle/" + file + ".sql"));
            }
        }
    }

    /** Lets the definitions be those of these settings, in place of the defaults. The CRM's words are those of the defaults. */
    public static void tell(Connection crm, KpiSettings settings) throws SQLException {
        try (PreparedStatement update = crm.prepareStatement("""
                UPDATE oracle.setting SET (window_days, stale_days, idle_days, sla_minutes, overdue_watch_days, freeze_days, time_zone,
                  default_currency) = (?, ?, ?, ?, ?, ?, ?, ?)""")) {
            update.setLong(1, settings.window().toDays());
            update.setLong(2, settings.stale().toDays());
            update.setLong(3, settings.idle().toDays());
            update.setLong(4, settings.sla().limit().toMinutes());
            update.setLong(5, settings.sla().watch().toDays());
            update.setInt(6, settings.freezeDays());
            update.setString(7, settings.timeZone().getId());
            update.setString(8, settings.defaultCurrency());
            update.executeUpdate();
        }
        try (Statement delete = crm.createStatement()) {
            delete.execute("DELETE FROM oracle.slas");
        }
        try (PreparedStatement insert =
                crm.prepareStatement("INSERT INTO oracle.slas VALUES (?, make_interval(mins => ?::int))")) {
            for (Map.Entry<String, Duration> limit : settings.sla().byWorkflow().entrySet()) {
                insert.setString(1, limit.getKey());
                insert.setLong(2, limit.getValue().toMinutes());
                insert.executeUpdate();
            }
        }
    }

    /** What the table is to hold at that instant: all columns but {@code as_of}, as text, by primary key. */
    public Map<List<String>, List<@Nullable String>> rows(Connection crm, Instant asOf) throws SQLException {
        try (PreparedStatement statement = crm.prepareStatement(query)) {
            statement.setObject(1, asOf.atOffset(ZoneOffset.UTC));
            Map<List<String>, List<@Nullable String>> rows = new TreeMap<>(Oracle::compare);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    read(result, table, rows);
                }
            }
            return rows;
        }
    }

    static void read(ResultSet result, KpiTable<?> table, Map<List<String>, List<@Nullable String>> rows)
            throws SQLException {
        List<String> key = new ArrayList<>();
        for (Column column : table.keyColumns()) {
            key.add(String.valueOf(text(value(result, column))));
        }
        List<@Nullable String> values = new ArrayList<>();
        for (Column column : table.valueColumns()) {
            values.add(text(value(result, column)));
        }
        rows.put(key, values);
    }

    private static @Nullable Object value(ResultSet result, Column column) throws SQLException {
        if (column.type() != SqlType.TIMESTAMPTZ) {
            return result.getObject(column.name());
        }
        OffsetDateTime at = result.getObject(column.name(), OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }

    /** Equal for equal values: a number's scale does not matter, and an array's elements are not quoted. */
    public static @Nullable String text(@Nullable Object value) throws SQLException {
        if (value instanceof Array array) {
            return Arrays.stream((Object[]) array.getArray())
                    .map(String::valueOf)
                    .collect(joining(",", "{", "}"));
        }
        return value instanceof BigDecimal number
                ? (number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString())
                : value == null ? null : value.toString();
    }

    private static int compare(List<String> a, List<String> b) {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            int difference = a.get(i).compareTo(b.get(i));
            if (difference != 0) {
                return difference;
            }
        }
        return a.size() - b.size();
    }
}
