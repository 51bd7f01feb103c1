package nl.rentguy.crm.kpi.store;

import static java.util.stream.Collectors.joining;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import nl.rentguy.crm.kpi.kpi.KpiTable.Column;
import org.apache.flink.connector.jdbc.datasource.statements.JdbcQueryStatement;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.jspecify.annotations.Nullable;

/**
 * Writes a row of one KPI table, or deletes it, in one statement, unless the table already holds a newer one: {@code as_of}
 * never goes back, whatever is replayed. A table may keep rows instead of deleting them, see {@link KpiTable.KeptRows}.
 */
public final class GuardedUpsert implements JdbcQueryStatement<Row> {

    private static final long serialVersionUID = 1;

    private final String query;

    /** The statement for that table in schema {@code crm_kpi}; needs PostgreSQL 15 or newer. */
    public GuardedUpsert(KpiTable<?> table) {
        List<Column> columns = table.columns();
        String names = columns.stream().map(c -> c.name() + ", ").collect(joining()) + "as_of";
        query = """
                MERGE INTO crm_kpi.%s AS held
                USING (VALUES (%s?::timestamptz, ?::boolean)) AS sent (%s, gone)
                ON %s
                WHEN MATCHED AND sent.as_of < held.as_of THEN DO NOTHING
                %s
                WHEN MATCHED THEN UPDATE SET %sas_of = sent.as_of
                WHEN NOT MATCHED AND NOT sent.gone THEN INSERT (%s) VALUES (%s)""".formatted(
                table.name(),
                columns.stream().map(c -> "?::" + c.type().sqlName() + ", ").collect(joining()),
                names,
                table.keyColumns().stream()
                        .map(c -> "held.%1$s = sent.%1$s".formatted(c.name()))
                        .collect(joining(" AND ")),
                whenGone(table.keptRows()),
                table.valueColumns().stream()
                        .map(c -> "%1$s = sent.%1$s, ".formatted(c.name()))
                        .collect(joining()),
                names,
                "sent." + names.replace(", ", ", sent."));
    }

    private static String whenGone(KpiTable.@Nullable KeptRows kept) {
        return kept == null
                ? "WHEN MATCHED AND sent.gone THEN DELETE"
                : """
                WHEN MATCHED AND sent.gone AND %s THEN UPDATE SET %s
                WHEN MATCHED AND sent.gone THEN DO NOTHING""".formatted(KeptSql.condition(kept), KeptSql.assignments(kept));
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public void statement(PreparedStatement statement, Row row) throws SQLException {
        for (int i = 0; i < row.getArity(); i++) {
            statement.setObject(i + 1, jdbcValue(row.getField(i)));
        }
        statement.setBoolean(row.getArity() + 1, row.getKind() == RowKind.DELETE);
    }

    private static @Nullable Object jdbcValue(@Nullable Object value) {
        return value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value;
    }
}
