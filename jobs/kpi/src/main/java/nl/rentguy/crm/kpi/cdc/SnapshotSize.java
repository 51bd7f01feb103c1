package nl.rentguy.crm.kpi.cdc;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.crm.CrmTable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** About how many rows the snapshot will have, from the CRM database's own statistics. */
public record SnapshotSize(Database crm) implements Serializable {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotSize.class);

    private static final String ROWS = """
            SELECT sum(greatest(c.reltuples, s.n_live_tup, 0))::bigint
            FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
            WHERE s.schemaname = ? AND s.relname = ANY (?)""";

    /** The rows; null when that cannot be told, which only costs the share in progress reports. */
    public @Nullable Long estimate() {
        try (Connection connection = crm.connect();
                PreparedStatement statement = connection.prepareStatement(ROWS)) {
            statement.setString(1, CapturedTables.SCHEMA);
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
}
