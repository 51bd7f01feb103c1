package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.audit.Oracle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code crm-kpi tenant} over a database whose schema the writer made, as the owner's script has it. */
@SuppressWarnings("NullAway.Init") // set before the tests
class TenantCommandTest {

    @TempDir
    private static Path folder;

    private static EmbeddedDatabase database;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void start() throws Exception {
        database = EmbeddedDatabase.start(folder.resolve("pg"), Ports.free("port", 0));
        execute(Oracle.sql("kpi/roles.sql"));
        MigrateCommand.migrate(database.jdbcUrl(), "crm_kpi_writer", "");
        // Passwords count, but for those two.
        Path hba = folder.resolve("pg/data/pg_hba.conf");
        Files.writeString(hba, """
                host all postgres,crm_kpi_writer 127.0.0.1/32 trust
                host all all 127.0.0.1/32 scram-sha-256
                """);
        execute("SELECT pg_reload_conf()");
        execute("INSERT INTO crm_kpi.crm_tenants VALUES ('mrdj'), ('Feest & Co')");
    }

    @AfterAll
    static void stop() throws Exception {
        database.close();
    }

    @BeforeEach
    void forget() throws SQLException {
        for (String tenant : strings(superuser(), "SELECT DISTINCT tenant_id FROM crm_kpi.crm_tenant_roles")) {
            run("tenant", "remove", tenant);
        }
        out.getBuffer().setLength(0);
    }

    private int run(String... arguments) {
        CommandLine line = CrmKpi.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--set", "kpi.jdbc-url=" + database.jdbcUrl()));
        if (all.stream().noneMatch(argument -> argument.startsWith("kpi.username"))) {
            all.addAll(List.of("--set", "kpi.username=postgres"));
        }
        return line.execute(all.toArray(new String[0]));
    }

    private static Connection superuser() throws SQLException {
        return database.connect();
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> strings(Connection connection, String sql) throws SQLException {
        try (connection;
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> strings = new ArrayList<>();
            while (row.next()) {
                strings.add(row.getString(1));
            }
            return strings;
        }
    }

    private static List<String> tenantsSeenBy(String role, String password) throws SQLException {
        return strings(
                DriverManager.getConnection(database.jdbcUrl(), role, password),
                "SELECT tenant_id FROM crm_kpi.crm_tenants");
    }

    @Test
    void aRoleReadsItsTenantUntilItIsRemoved() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "pass word\n");
        assertThat(run("tenant", "list")).isZero();
        assertThat(out.toString()).contains("No role reads one tenant alone");
        assertThat(run("tenant", "add", "mrdj", "--role-password-file", secret.toString()))
                .isZero();
        assertThat(run("tenant", "add", "mrdj")).isZero();
        assertThat(run("tenant", "add", "Feest & Co")).isZero();
        assertThat(run("tenant", "add", "later")).isZero();
        String feest = TenantRoles.nameFor("Feest & Co");
        assertThat(out.toString().lines().skip(1))
                .containsExactly(
                        "Role crm_kpi_tenant_mrdj now reads tenant 'mrdj'",
                        "Role crm_kpi_tenant_mrdj already reads tenant 'mrdj'",
                        "Role " + feest + " now reads tenant 'Feest & Co'",
                        "It has no password yet: \\password " + feest + " in psql, or --role-password-file",
                        "Role crm_kpi_tenant_later now reads tenant 'later', of which there are no figures yet",
                        "It has no password yet: \\password crm_kpi_tenant_later in psql, or --role-password-file");
        assertThat(tenantsSeenBy("crm_kpi_tenant_mrdj", "pass word")).containsExactly("mrdj");
        assertThatThrownBy(() -> tenantsSeenBy("crm_kpi_tenant_mrdj", "another"))
                .hasMessageContaining("password");
        assertThat(strings(superuser(), "SELECT rolpassword FROM pg_authid WHERE rolname = 'crm_kpi_tenant_mrdj'"))
                .singleElement()
                .asString()
                .startsWith("SCRAM-SHA-256$");
        out.getBuffer().setLength(0);
        assertThat(run("tenant", "list")).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "Feest & Co  " + feest,
                        "later  crm_kpi_tenant_later  no figures yet",
                        "mrdj  crm_kpi_tenant_mrdj");

        assertThat(run("tenant", "remove", "mrdj")).isZero();
        assertThat(strings(superuser(), "SELECT rolname FROM pg_roles WHERE rolname = 'crm_kpi_tenant_mrdj'"))
                .isEmpty();
        assertThat(strings(superuser(), "SELECT tenant_id FROM crm_kpi.crm_tenants WHERE tenant_id = 'mrdj'"))
                .as("the figures stay")
                .hasSize(1);
        assertThat(run("tenant", "remove", "mrdj")).isEqualTo(2);
        assertThat(err.toString()).contains("No role reads tenant 'mrdj'");
    }

    @Test
    void aRoleThatHasOtherUsesStaysAndReadsNoMore() throws Exception {
        execute("CREATE ROLE busy LOGIN PASSWORD 'p'; CREATE TABLE its_own (x int); ALTER TABLE its_own OWNER TO busy");
        assertThat(run("tenant", "add", "mrdj", "--role", "busy")).isZero();
        assertThat(tenantsSeenBy("busy", "p")).containsExactly("mrdj");
        assertThat(run("tenant", "remove", "mrdj")).isZero();
        assertThat(out.toString()).contains("role busy, which stays, as other things depend on it");
        assertThatThrownBy(() -> tenantsSeenBy("busy", "p")).hasMessageContaining("permission denied");
    }

    @Test
    void aRoleThatWouldSeeMoreIsRefused() throws Exception {
        execute("""
                CREATE ROLE chief SUPERUSER; CREATE ROLE assistant LOGIN IN ROLE crm_kpi_reader; CREATE ROLE wide BYPASSRLS;
                CREATE ROLE writers_friend IN ROLE crm_kpi_writer; CREATE ROLE maker CREATEROLE; CREATE ROLE all_data IN ROLE pg_read_all_data""");
        assertThat(run("tenant", "add", "mrdj", "--role", "chief")).isEqualTo(2);
        assertThat(run("tenant", "add", "mrdj", "--role", "assistant")).isEqualTo(2);
        assertThat(run("tenant", "add", "mrdj", "--role", "wide")).isEqualTo(2);
        assertThat(run("tenant", "add", "mrdj", "--role", "writers_friend")).isEqualTo(2);
        for (String role : List.of("maker", "all_data", "crm_kpi_tenants", "crm_kpi_reader", "crm_kpi_writer")) {
            assertThat(run("tenant", "add", "mrdj", "--role", role)).as(role).isEqualTo(2);
        }
        assertThat(run("tenant", "add", "mrdj")).isZero();
        execute("CREATE ROLE neighbour LOGIN IN ROLE crm_kpi_tenant_mrdj");
        assertThat(run("tenant", "add", "later", "--role", "neighbour")).isEqualTo(2);
        execute("DROP ROLE neighbour");
        assertThat(run("tenant", "add", "later", "--role", "crm_kpi_tenant_mrdj"))
                .isEqualTo(2);
        assertThat(run("tenant", "add", " ")).isEqualTo(2);
        assertThat(err.toString().lines())
                .containsExactly(
                        "crm-kpi: Role chief is a superuser, and so would see other tenants; expected a role that can do nothing else",
                        "crm-kpi: Role assistant is a member of crm_kpi_reader, and so would see other tenants; expected a role that can do nothing else",
                        "crm-kpi: Role wide has BYPASSRLS, and so would see other tenants; expected a role that can do nothing else",
                        "crm-kpi: Role writers_friend is a member of crm_kpi_writer, and so would see other tenants; expected a role that can do nothing else",
                        refusal("maker has CREATEROLE"),
                        refusal("all_data is a member of pg_read_all_data"),
                        refusal("crm_kpi_tenants is of all tenants"),
                        refusal("crm_kpi_reader is of all tenants"),
                        refusal("crm_kpi_writer owns schema crm_kpi"),
                        refusal("neighbour is a member of crm_kpi_tenant_mrdj"),
                        "crm-kpi: Role crm_kpi_tenant_mrdj reads the figures of tenant 'mrdj'; expected a role of its own for each tenant: choose another with --role, or crm-kpi tenant remove 'mrdj' first",
                        "crm-kpi: TENANT is ' '; expected the name of a tenant");
        assertThat(strings(superuser(), "SELECT role_name FROM crm_kpi.crm_tenant_roles"))
                .containsExactly("crm_kpi_tenant_mrdj");
    }

    private static String refusal(String role) {
        return "crm-kpi: Role " + role + ", and so would see other tenants; expected a role that can do nothing else";
    }

    @Test
    void whatARoleLostIsMended() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "p");
        assertThat(run("tenant", "add", "mrdj", "--role-password-file", secret.toString()))
                .isZero();
        execute("ALTER ROLE crm_kpi_tenant_mrdj NOLOGIN; REVOKE crm_kpi_tenants FROM crm_kpi_tenant_mrdj");
        assertThat(run("tenant", "list")).isZero();
        assertThat(out.toString()).contains("crm_kpi_tenant_mrdj  may not log in or read: crm-kpi tenant add again");
        assertThat(run("tenant", "add", "mrdj")).isZero();
        assertThat(tenantsSeenBy("crm_kpi_tenant_mrdj", "p")).containsExactly("mrdj");
    }

    @Test
    void whoMayNotMakeRolesIsToldWhoMay() {
        assertThat(run("tenant", "add", "mrdj", "--set", "kpi.username=crm_kpi_writer"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("crm_kpi_writer may not do that", "Use a superuser of the KPI database");
    }

    @Test
    void eachTenantHasANameOfItsOwn() {
        assertThat(TenantRoles.nameFor("mrdj")).isEqualTo("crm_kpi_tenant_mrdj");
        assertThat(TenantRoles.nameFor("MrDJ")).matches("crm_kpi_tenant_mrdj_[0-9a-f]{8}");
        assertThat(TenantRoles.nameFor("a".repeat(100))).hasSize(63);
        assertThat(TenantRoles.nameFor("a".repeat(100))).isNotEqualTo(TenantRoles.nameFor("a".repeat(99)));
        assertThat(TenantRoles.nameFor("İstanbul")).matches("[a-z0-9_]+");
    }
}
