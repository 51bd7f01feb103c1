package nl.rentguy.crm.kpi.store;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import nl.rentguy.crm.kpi.config.Database;

/** Deletes rows that an earlier run left in the KPI tables and that this run, which started anew, has not written. */
public final class Sweep implements Serializable {

    private static final long serialVersionUID = 1;

    private final List<String> tables;
    private final Database database;

    /** @param tables in schema {@code crm_kpi} */
    public Sweep(List<String> tables, Database database) {
        this.tables = tables;
        this.database = database;
    }

    /**
     * Deletes all rows as of before that KPI time, in one transaction.
     *
     * @return how many
     */
    public long rowsBefore(Instant kpiTime) throws SQLException {
        long deleted = 0;
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            for (String table : tables) {
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM crm_kpi." + table + " WHERE as_of < ?")) {
                    delete.setObject(1, kpiTime.atOffset(ZoneOffset.UTC));
                    deleted += delete.executeUpdate();
                }
            }
            connection.commit();
        }
        return deleted;
    }
}
