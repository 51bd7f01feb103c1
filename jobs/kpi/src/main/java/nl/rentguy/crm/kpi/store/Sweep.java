package nl.rentguy.crm.kpi.store;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import nl.rentguy.crm.kpi.kpi.Kpis;

/**
 * Deletes rows that an earlier run left in the KPI tables and that this run, which started anew, has not written. What is history
 * stays: frozen days, and what a table keeps of rows that are gone.
 */
public final class Sweep implements Serializable {

    private static final long serialVersionUID = 1;

    private final KpiSettings settings;
    private final Database database;

    public Sweep(KpiSettings settings, Database database) {
        this.settings = settings;
        this.database = database;
    }

    /**
     * Treats all rows as of before that KPI time as gone, in one transaction.
     *
     * @return of how many rows anything became
     */
    public long rowsBefore(Instant kpiTime) throws SQLException {
        long swept = 0;
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            for (Kpi kpi : new Kpis(settings).list()) {
                swept += sweep(kpi.table(), kpiTime, connection);
            }
            connection.commit();
        }
        return swept;
    }

    private long sweep(KpiTable<?> table, Instant kpiTime, Connection connection) throws SQLException {
        String days = table.frozenDay() == null ? "" : " AND held." + table.frozenDay() + " > sent.frozen";
        KpiTable.KeptRows kept = table.keptRows();
        String sent = "(SELECT ?::timestamptz AS as_of, ?::date AS frozen) AS sent";
        String sql = kept == null
                ? "DELETE FROM crm_kpi.%s AS held USING %s WHERE held.as_of < sent.as_of%s"
                        .formatted(table.name(), sent, days)
                : "UPDATE crm_kpi.%s AS held SET %s FROM %s WHERE held.as_of < sent.as_of AND %s"
                        .formatted(table.name(), KeptSql.assignments(kept), sent, KeptSql.condition(kept));
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, kpiTime.atOffset(ZoneOffset.UTC));
            statement.setObject(2, settings.lastFrozenDay(kpiTime));
            return statement.executeUpdate();
        }
    }
}
