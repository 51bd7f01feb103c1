package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.junit.jupiter.api.Test;

/** The tables that the migrations make are those that the job writes, and tell what they mean. */
class MigrationsTest {

    @Test
    void everyTableHasTheColumnsThatTheJobWrites() throws SQLException {
        try (Connection connection = TestDatabase.create().connect()) {
            for (Kpi kpi : new Kpis(KpiSettings.DEFAULTS).list()) {
                List<String> expected = new ArrayList<>();
                for (KpiTable.Column column : kpi.table().columns()) {
                    expected.add(column.name() + " " + column.type().sqlName());
                }
                expected.add("as_of timestamptz");
                assertThat(strings(connection, """
                                SELECT column_name || ' ' || CASE data_type
                                  WHEN 'timestamp with time zone' THEN 'timestamptz' WHEN 'ARRAY' THEN 'text[]' ELSE data_type END
                                FROM information_schema.columns
                                WHERE table_schema = 'crm_kpi' AND table_name = ? ORDER BY ordinal_position""", kpi.table().name())).containsExactlyInAnyOrderElementsOf(expected);
                assertThat(strings(connection, """
                                SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
                                WHERE i.indisprimary AND a.attnum = ANY (i.indkey) AND i.indrelid = ('crm_kpi.' || ?)::regclass
                                ORDER BY array_position(i.indkey::int[], a.attnum::int)""", kpi.table().name()))
                        .isEqualTo(kpi.table().keyColumns().stream()
                                .map(KpiTable.Column::name)
                                .toList());
            }
        }
    }

    @Test
    void everyTableAndColumnHasAComment() throws SQLException {
        try (Connection connection = TestDatabase.create().connect()) {
            assertThat(strings(connection, """
                            SELECT c.relname || coalesce('.' || a.attname, '')
                            FROM pg_class c
                            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                            WHERE c.relnamespace = ?::regnamespace AND c.relkind IN ('r', 'v')
                              AND c.relname <> 'flyway_schema_history'
                              AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)""", "crm_kpi")).isEmpty();
        }
    }

    @Test
    void tablesOfTheFirstVersionAreUpgradedWithTheirRows() throws SQLException {
        TestDatabase database = TestDatabase.empty();
        database.migrateTo("1");
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    INSERT INTO crm_kpi.crm_pipeline_velocity VALUES
                      ('mrdj', 1, 5, 'EUR', 'Sales', 'Intake', 1, 1, 10, 5, 1, 1, 10, 5, 1, 1, 0, 0, NULL, 0, 0, 0, now()),
                      ('mrdj', 1, 5, 'USD', 'Sales', 'Intake', 1, 1, 10, 5, 1, 1, 10, 5, 1, 1, 0, 0, NULL, 0, 0, 0, now());
                    INSERT INTO crm_kpi.crm_automation_sla VALUES
                      ('feestkompas', 'w', '2026-11-01', 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 10, now())""");
            database.migrateTo("latest");
            assertThat(strings(connection, "SELECT s::text FROM crm_kpi.crm_stages s WHERE tenant_id = ?", "mrdj"))
                    .containsExactly("(5,1,mrdj,Intake,1)");
            assertThat(strings(
                            connection,
                            "SELECT tenant_id FROM crm_kpi.crm_tenants WHERE tenant_id <> ? ORDER BY 1",
                            ""))
                    .containsExactly("feestkompas", "mrdj");
            assertThat(strings(
                            connection,
                            "SELECT stage_id || ' ' || currency FROM crm_kpi.crm_pipeline_velocity WHERE tenant_id = ? ORDER BY 1",
                            "mrdj"))
                    .containsExactly("5 EUR", "5 USD");
        }
    }

    private static List<String> strings(Connection connection, String sql, String parameter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, parameter);
            List<String> strings = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    strings.add(row.getString(1));
                }
            }
            return strings;
        }
    }
}
