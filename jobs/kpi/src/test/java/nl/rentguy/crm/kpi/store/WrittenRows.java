package nl.rentguy.crm.kpi.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import nl.rentguy.crm.kpi.definition.Kpi;

/** Writes rows by the job's own statements in a transaction of the caller's. */
public final class WrittenRows {

    private WrittenRows() {}

    public static void write(Connection kpi, List<Kpi> kpis, List<TableRow> rows) throws SQLException {
        for (Kpi table : kpis) {
            List<TableRow> ofTable = rows.stream()
                    .filter(row -> row.table().equals(table.table().name()))
                    .toList();
            new Dimensions(List.of(table.table())).make(kpi, ofTable);
            new TableStatements(table.table()).write(kpi, ofTable, true);
        }
    }
}
