package nl.rentguy.crm.kpi.cdc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.crm.CrmTable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How many rows the CRM's tables have. */
public record RowCounts(Database crm) implements Serializable {

    private static final Logger LOG = LoggerFactory.getLogger(RowCounts.class);

    private static final String ESTIMATE = """
            SELECT sum(greatest(c.reltuples, s.n_live_tup, 0))::bigint
            FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
            WHERE s.schemaname = ? AND s.relname = ANY (?)""";

    /**
     * What was counted.
     *
     * @param rows by table; empty when that could not be told
     * @param at an instant after the counting, by the CRM's clock, milliseconds since the epoch
     */
    public record Counted(Map<String, Long> rows, long at) {}

    /** About how many rows the snapshot will have, from the database's statistics; null when that cannot be told. */
    public @Nullable Long estimate() {
        try (Connection connection = crm.connectForLong();
                PreparedStatement statement = connection.prepareStatement(ESTIMATE)) {
            statement.setString(1, CaptureSpec.SCHEMA);
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "text",
                            Arrays.stream(CrmTable.values())
                                    .map(CrmTable::tableName)
                                    .toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                long rows = row.getLong(1);
                return rows == 0 ? null : rows;
            }
        } catch (SQLException e) {
            LOG.warn("The size of the CRM is not known: {}", e.getMessage());
            return null;
        }
    }

    /** Counts every row of every table, once. */
    public Counted count() {
        Map<String, Long> rows = new HashMap<>();
        try (Connection connection = crm.connectForLong();
                Statement statement = connection.createStatement()) {
            for (CrmTable table : CrmTable.values()) {
                rows.put(
                        table.tableName(),
                        number(statement, "SELECT count(*) FROM " + CaptureSpec.SCHEMA + "." + table.tableName()));
            }
            return new Counted(
                    rows, number(statement, "SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint"));
        } catch (SQLException e) {
            LOG.warn(
                    "The rows of the CRM cannot be counted, and so not be compared with what was read: {}",
                    e.getMessage());
            return new Counted(Map.of(), 0);
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
