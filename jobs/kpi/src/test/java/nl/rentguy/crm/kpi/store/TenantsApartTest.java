package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.sql.PooledConnection;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.ChangeCapture;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.util.PSQLException;

/** Readers see the tenants that are theirs, in every table and view that there is, and may do nothing else. */
@SuppressWarnings("NullAway.Init") // set before all tests
class TenantsApartTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private static final String RELATIONS = """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relnamespace = 'crm_kpi'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname <> 'crm_tenant_roles'""";

    private static final List<String> ROLES =
            List.of("crm_kpi_reader", "crm_kpi_tenants", "crm_kpi_board", "crm_kpi_exporter", "crm_kpi_operators");

    private static TestDatabase database;
    private static Connection owner;

    @BeforeAll
    static void twoTenants() throws SQLException {
        database = TestDatabase.createOfAnyCrm();
        owner = database.connect();
        for (int i = 1; i <= 2; i++) {
            execute(owner, """
                    INSERT INTO crm_leads (id, tenant_id, name, source, created_at) VALUES (%1$d, 't%1$d', 'A', 'site', '2026-11-17 12:00Z');
                    INSERT INTO crm_pipelines (id, tenant_id, name) VALUES (%1$d, 't%1$d', 'Sales');
                    INSERT INTO crm_pipeline_stages (id, pipeline_id, name, "order") VALUES (%1$d, %1$d, 'Intake', 1);
                    INSERT INTO crm_deals (id, tenant_id, lead_id, pipeline_id, stage_id, title, value, probability, status, created_at, updated_at) VALUES
                      (%1$d, 't%1$d', %1$d, %1$d, %1$d, 'Wedding', 2000, 50, 'open', '2026-10-12 12:00Z', '2026-10-12 12:00Z'),
                      (1%1$d, 't%1$d', %1$d, %1$d, %1$d, 'Gala', 3000, 100, 'won', '2026-11-02 12:00Z', '2026-11-21 12:00Z');
                    INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary, occurred_at)
                    VALUES ('t%1$d', %1$d, 'call', 's', '2026-11-02 12:00Z');
                    INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at)
                    VALUES ('t%1$d', %1$d, 't', 'welcome', 'failed', '2026-11-22 11:52Z', '2026-11-22 11:57Z');
                    INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions, ga_property_id)
                    VALUES ('t%1$d', 'Organic Search', 'google', '2026-11-22', 150, 'p')""".formatted(i));
        }
        InMemoryTables tables = new InMemoryTables(new Kpis(KpiSettings.DEFAULTS));
        new ChangeCapture(owner, new Random(1)).since(RowChange.IN_SNAPSHOT).forEach(tables::load);
        tables.advance(NOW.toEpochMilli());
        tables.writeTo(owner, NOW);
        Dashboards.setKpiTime(owner, NOW);
        execute(owner, """
                INSERT INTO crm_kpi.crm_inquiries_by_weekday VALUES ('t1', 1, 1, 0, now()), ('t2', 1, 1, 0, now());
                CREATE ROLE one LOGIN IN ROLE crm_kpi_tenants; INSERT INTO crm_kpi.crm_tenant_roles VALUES ('one', 't1');
                CREATE ROLE two LOGIN IN ROLE crm_kpi_tenants; INSERT INTO crm_kpi.crm_tenant_roles VALUES ('two', 't2');
                CREATE ROLE unbound LOGIN IN ROLE crm_kpi_tenants;
                INSERT INTO crm_kpi.crm_kpi_dead_letters (id, source, position, reason, message, payload, payload_sha256)
                VALUES ('1', 'crm_deals', 0, 'missing_value', 'm', '{"title": "Wedding"}', 'x')""");
    }

    @AfterAll
    static void drop() throws SQLException {
        execute(owner, """
                DROP OWNED BY one, two, unbound; DROP ROLE one, two, unbound""");
        owner.close();
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> strings(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> strings = new ArrayList<>();
            while (row.next()) {
                strings.add(row.getString(1));
            }
            return strings;
        }
    }

    /** What readers of one tenant may select from; metrics are for those who look after all. */
    private static List<String> relationsOfTenants() throws SQLException {
        return strings(owner, RELATIONS + " AND c.relname <> 'crm_kpi_metrics'");
    }

    /** The tenants that this role sees there. */
    private static Set<String> tenants(Connection reader, String relation) throws SQLException {
        return new HashSet<>(
                strings(reader, "SELECT DISTINCT tenant_id FROM crm_kpi." + relation + " WHERE tenant_id IS NOT NULL"));
    }

    private static Connection as(String role) throws SQLException {
        Connection connection = database.connect();
        execute(connection, "SET SESSION AUTHORIZATION " + role);
        return connection;
    }

    @Test
    void everyTableWithATenantHasAPolicyForEachRole() throws SQLException {
        assertThat(strings(owner, """
                        SELECT c.relname || ' ' || role FROM pg_class c
                        CROSS JOIN unnest(ARRAY['crm_kpi_reader', 'crm_kpi_tenants', 'crm_kpi_board', 'crm_kpi_exporter']) AS role
                        WHERE c.relnamespace = 'crm_kpi'::regnamespace AND c.relkind IN ('r', 'p')
                          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
                          AND NOT (c.relrowsecurity AND EXISTS (
                            SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND role::regrole = ANY (p.polroles)))""")).isEmpty();
        assertThat(strings(owner, RELATIONS)).contains("crm_deals", "crm_headline", "crm_inquiries_by_weekday");
    }

    @Test
    void everyViewReadsWithTheRightsOfWhoReadsIt() throws SQLException {
        assertThat(strings(owner, """
                        SELECT relname FROM pg_class WHERE relnamespace = 'crm_kpi'::regnamespace AND relkind IN ('v', 'm')
                          AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)""")).isEmpty();
        assertThat(strings(owner, """
                        SELECT proname FROM pg_proc WHERE pronamespace = 'crm_kpi'::regnamespace AND prosecdef"""))
                .as("functions with the rights of their owner")
                .isEmpty();
    }

    @Test
    void noReaderOwnsBypassesOrInheritsMore() throws SQLException {
        for (String role : ROLES) {
            assertThat(strings(owner, """
                            SELECT rolname FROM pg_roles r WHERE rolname = '%1$s' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
                            UNION ALL SELECT relname FROM pg_class WHERE relowner = '%1$s'::regrole
                            UNION ALL SELECT roleid::regrole::text FROM pg_auth_members WHERE member = '%1$s'::regrole""".formatted(role))).as(role).isEmpty();
        }
        assertThat(strings(owner, """
                        SELECT c.relname || ' ' || acl.privilege_type || ' ' || acl.grantee::regrole FROM pg_class c, aclexplode(c.relacl) acl
                        WHERE c.relnamespace = 'crm_kpi'::regnamespace AND acl.grantee <> c.relowner
                          AND NOT (acl.privilege_type = 'SELECT' AND acl.grantee <> 0)
                          AND NOT (c.relname = 'crm_kpi_dead_letters' AND acl.grantee = 'crm_kpi_operators'::regrole)""")).as("rights to do more than read").isEmpty();
    }

    @Test
    void theCompanysOwnReaderSeesAllButDeadLetters() throws SQLException {
        try (Connection reader = as("crm_kpi_reader")) {
            for (String relation : strings(owner, RELATIONS)) {
                assertThat(tenants(reader, relation)).as(relation).containsExactlyInAnyOrder("t1", "t2");
            }
            assertThat(strings(reader, "SELECT phase FROM crm_kpi.crm_kpi_status"))
                    .containsExactly("live");
            refused(reader, "SELECT payload FROM crm_kpi.crm_kpi_dead_letters");
            refused(reader, "SELECT * FROM crm_kpi.flyway_schema_history");
            refused(reader, "DELETE FROM crm_kpi.crm_deals");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "two", "unbound"})
    void aTenantsRoleSeesItsOwnWhateverItSets(String role) throws SQLException {
        Set<String> own = role.equals("unbound") ? Set.of() : Set.of(role.equals("one") ? "t1" : "t2");
        try (Connection reader = as(role)) {
            execute(reader, "SELECT set_config('app.tenant', 't1', false), set_config('app.tenant', 't2', false)");
            for (String relation : relationsOfTenants()) {
                assertThat(tenants(reader, relation)).as(relation).isEqualTo(own);
            }
            assertThat(strings(reader, "SELECT tenant_id FROM crm_kpi.crm_tenant_roles"))
                    .containsExactlyElementsOf(own);
            assertThat(strings(reader, "SELECT crm_kpi.dashboard('t1') -> 'sales' ->> 'total_deals'"))
                    .containsExactly(own.contains("t1") ? "2" : "0");
            assertThat(strings(reader, "SELECT phase FROM crm_kpi.crm_kpi_status"))
                    .containsExactly("live");
            refused(reader, "SELECT * FROM crm_kpi.crm_kpi_metrics");
            refused(reader, "SELECT problem FROM crm_kpi.crm_kpi_status");
            refused(reader, "SELECT * FROM crm_kpi.crm_kpi_dead_letters");
            refused(reader, "INSERT INTO crm_kpi.crm_tenant_roles VALUES ('%s', 't2')".formatted(role));
            refused(reader, "UPDATE crm_kpi.crm_tenant_roles SET tenant_id = 't2'");
            refused(reader, "SET ROLE crm_kpi_reader");
            execute(reader, "SET ROLE crm_kpi_tenants");
            assertThat(tenants(reader, "crm_deals")).isEmpty();
        }
    }

    @Test
    void theBoardSeesTheTenantOfItsTransactionOverOnePooledConnection() throws SQLException {
        PGConnectionPoolDataSource server = new PGConnectionPoolDataSource();
        server.setUrl(database.url());
        server.setUser("postgres");
        PooledConnection pooled = server.getPooledConnection();
        try {
            List<String> relations = relationsOfTenants();
            try (Connection first = pooled.getConnection()) {
                execute(first, "SET SESSION AUTHORIZATION crm_kpi_board");
            }
            for (int i = 0; i < 1_000; i++) {
                String tenant = "t" + (1 + i % 2);
                try (Connection board = pooled.getConnection()) {
                    assertThat(tenants(board, "crm_deals"))
                            .as("no tenant is set")
                            .isEmpty();
                    board.setAutoCommit(false);
                    execute(board, "SELECT set_config('app.tenant', '%s', true)".formatted(tenant));
                    assertThat(tenants(board, relations.get(i / 2 % relations.size())))
                            .isEqualTo(Set.of(tenant));
                    if (i % 3 == 0) {
                        assertThatThrownBy(() -> execute(board, "SELECT 1 / 0")).isInstanceOf(PSQLException.class);
                    }
                    if (i % 5 > 0) {
                        // Otherwise the pool gets it back in the middle of its transaction.
                        end(board, i % 2 == 0 && i % 3 > 0);
                    }
                }
            }
            try (Connection board = pooled.getConnection()) {
                refused(board, "SELECT problem FROM crm_kpi.crm_kpi_status");
                refused(board, "SELECT * FROM crm_kpi.crm_kpi_dead_letters");
            }
        } finally {
            pooled.close();
        }
    }

    private static void end(Connection transaction, boolean well) throws SQLException {
        if (well) {
            transaction.commit();
        } else {
            transaction.rollback();
        }
    }

    @Test
    void theExporterReadsMetricsAndNoTitleOrAmount() throws SQLException {
        try (Connection exporter = as("crm_kpi_exporter")) {
            assertThat(tenants(exporter, "crm_kpi_metrics")).containsExactlyInAnyOrder("t1", "t2");
            assertThat(strings(exporter, """
                            SELECT m.metric FROM crm_kpi.crm_kpi_metrics m LEFT JOIN crm_kpi.crm_kpi_metric_names n USING (metric)
                            WHERE n.help IS NULL""")).isEmpty();
            assertThat(strings(exporter, """
                            SELECT n.metric FROM crm_kpi.crm_kpi_metric_names n LEFT JOIN crm_kpi.crm_kpi_metrics m USING (metric)
                            WHERE m.metric IS NULL"""))
                    .as("those that have no value without figures of a job's log")
                    .containsExactlyInAnyOrder("crm_kpi_source_lag_seconds", "crm_kpi_snapshot_ratio");
            refused(exporter, "SELECT title FROM crm_kpi.crm_deals");
            refused(exporter, "SELECT total_value FROM crm_kpi.crm_pipeline_velocity");
            refused(exporter, "SELECT * FROM crm_kpi.crm_operational_watchlist");
            refused(exporter, "SELECT * FROM crm_kpi.crm_kpi_dead_letters");
            refused(exporter, "SELECT crm_kpi.dashboard('t1')");
        }
    }

    @Test
    void operatorsReadDeadLettersAndNoFigures() throws SQLException {
        try (Connection operator = as("crm_kpi_operators")) {
            assertThat(strings(operator, "SELECT payload ->> 'title' FROM crm_kpi.crm_kpi_dead_letters"))
                    .containsExactly("Wedding");
            execute(operator, "UPDATE crm_kpi.crm_kpi_dead_letters SET replayed_at = now()");
            refused(operator, "UPDATE crm_kpi.crm_kpi_dead_letters SET payload = '{}'");
            for (String relation : strings(owner, RELATIONS)) {
                refused(operator, "SELECT * FROM crm_kpi." + relation);
            }
        }
    }

    private static void refused(Connection reader, String sql) {
        assertThatThrownBy(() -> execute(reader, sql))
                .as(sql)
                .isInstanceOf(PSQLException.class)
                .hasMessageContaining("permission denied");
    }

    @Test
    void anUpgradeTakesNothingFromThoseWhoRead() throws SQLException {
        TestDatabase before = TestDatabase.empty();
        before.migrateTo("6");
        try (Connection superuser = before.connect();
                Statement statement = superuser.createStatement()) {
            statement.execute("""
                    CREATE ROLE grafana; CREATE ROLE loader; CREATE ROLE "Some Exporter";
                    GRANT USAGE ON SCHEMA crm_kpi TO crm_kpi_reader, grafana, loader, "Some Exporter";
                    GRANT SELECT (tenant_id) ON crm_kpi.crm_tenants TO "Some Exporter";
                    GRANT SELECT ON ALL TABLES IN SCHEMA crm_kpi TO crm_kpi_reader, grafana;
                    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crm_kpi TO loader;
                    INSERT INTO crm_kpi.crm_tenants VALUES ('t1'), ('t2')""");
            try {
                before.migrateTo("latest");
                for (String role : List.of("crm_kpi_reader", "grafana", "loader", "\"Some Exporter\"")) {
                    statement.execute("SET ROLE " + role);
                    assertThat(strings(superuser, "SELECT tenant_id FROM crm_kpi.crm_tenants"))
                            .as(role)
                            .hasSize(2);
                }
                statement.execute("SET ROLE loader; INSERT INTO crm_kpi.crm_tenants VALUES ('t3')");
                statement.execute("RESET ROLE");
            } finally {
                statement.execute(
                        "RESET ROLE; DROP OWNED BY grafana, loader, \"Some Exporter\"; DROP ROLE grafana, loader, \"Some Exporter\"");
            }
        }
    }

    @Test
    void whoReadsAViewAndNotItsTablesIsNamed() throws SQLException {
        TestDatabase before = TestDatabase.empty();
        before.migrateTo("6");
        try (Connection superuser = before.connect()) {
            execute(superuser, "CREATE ROLE portal; GRANT SELECT ON crm_kpi.crm_headline TO portal");
            try {
                assertThatThrownBy(() -> before.migrateTo("latest"))
                        .hasMessageContainingAll("role portal reads crm_headline", "GRANT crm_kpi_reader TO portal");
                execute(superuser, "GRANT crm_kpi_reader TO portal");
                before.migrateTo("latest");
            } finally {
                execute(superuser, "DROP OWNED BY portal; DROP ROLE portal");
            }
        }
    }

    @Test
    void noLaterPolicyOrGrantLetsATenantSeeMore() throws SQLException {
        try (Connection reader = as("one")) {
            execute(owner, "CREATE POLICY wide ON crm_kpi.crm_deals TO one USING (true) WITH CHECK (true)");
            try {
                assertThat(tenants(reader, "crm_deals")).containsExactly("t1");
            } finally {
                execute(owner, "DROP POLICY wide ON crm_kpi.crm_deals");
            }
        }
    }

    @Test
    void whatIsGrantedToAllIsRefused() throws SQLException {
        TestDatabase before = TestDatabase.empty();
        before.migrateTo("6");
        try (Connection superuser = before.connect()) {
            execute(superuser, "GRANT SELECT ON crm_kpi.crm_deals TO PUBLIC");
            assertThatThrownBy(() -> before.migrateTo("latest")).hasMessageContaining("crm_deals is granted to PUBLIC");
            execute(superuser, "REVOKE SELECT ON crm_kpi.crm_deals FROM PUBLIC");
            execute(superuser, "GRANT SELECT (problem) ON crm_kpi.crm_kpi_status TO PUBLIC");
            assertThatThrownBy(() -> before.migrateTo("latest"))
                    .hasMessageContaining("crm_kpi_status is granted to PUBLIC");
            execute(superuser, "REVOKE SELECT (problem) ON crm_kpi.crm_kpi_status FROM PUBLIC");
            before.migrateTo("latest");
        }
    }

    @Test
    void aWriterThatMayNotMakeRolesSaysWhoDoes() throws SQLException {
        TestDatabase empty = TestDatabase.empty();
        try (Connection superuser = empty.connect()) {
            execute(superuser, """
                    CREATE ROLE small LOGIN; DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO small', current_database()); END $$;
                    ALTER ROLE crm_kpi_operators RENAME TO others""");
            try {
                assertThatThrownBy(() -> empty.migrateAs("small")).hasMessageContaining("sql/kpi/roles.sql");
                execute(superuser, "ALTER ROLE others RENAME TO crm_kpi_operators");
                empty.migrateAs("small");
            } finally {
                execute(superuser, """
                        DO $$ BEGIN IF to_regrole('others') IS NOT NULL THEN ALTER ROLE others RENAME TO crm_kpi_operators; END IF; END $$;
                        DROP OWNED BY small; DROP ROLE small""");
            }
        }
    }
}
