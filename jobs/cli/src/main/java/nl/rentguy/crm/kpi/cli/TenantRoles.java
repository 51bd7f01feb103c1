package nl.rentguy.crm.kpi.cli;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import nl.rentguy.crm.kpi.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** The roles of the KPI database that read the figures of one tenant each. */
final class TenantRoles {

    private static final String GROUP = "crm_kpi_tenants";

    private static final String PREFIX = "crm_kpi_tenant_";

    /** Of PostgreSQL, in bytes. */
    private static final int LONGEST_NAME = 63;

    private final Connection connection;

    /** @param connection to the KPI database, as a role that may make roles and owns schema {@code crm_kpi}, or a superuser */
    TenantRoles(Connection connection) {
        this.connection = connection;
    }

    /**
     * A role and what it reads.
     *
     * @param known whether the KPI tables have that tenant
     * @param mayLogIn whether the role may connect; false also where there is no such role any more
     */
    record TenantRole(String role, String tenant, boolean known, boolean mayLogIn) {}

    /** By tenant and role. */
    List<TenantRole> list() throws SQLException {
        List<TenantRole> roles = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT r.role_name, r.tenant_id, EXISTS (SELECT FROM crm_kpi.crm_tenants t WHERE t.tenant_id = r.tenant_id),
                          EXISTS (SELECT FROM pg_roles p WHERE p.rolname = r.role_name AND p.rolcanlogin
                                  AND pg_has_role(p.oid, 'crm_kpi_tenants', 'USAGE'))
                        FROM crm_kpi.crm_tenant_roles r ORDER BY r.tenant_id COLLATE "C", r.role_name COLLATE "C\"""")) {
            while (row.next()) {
                roles.add(new TenantRole(row.getString(1), row.getString(2), row.getBoolean(3), row.getBoolean(4)));
            }
        }
        return roles;
    }

    /**
     * Makes the role where there is none, and lets it read that tenant. Nothing changes when it does already.
     *
     * @param password of the role from now on; null leaves it as it is
     * @return whether anything changed, apart from the password
     * @throws ConfigException when the role reads another tenant, or has rights that let it see more than one
     */
    boolean add(String tenant, String role, @Nullable String password) throws SQLException {
        connection.setAutoCommit(false);
        String reads = text("SELECT tenant_id FROM crm_kpi.crm_tenant_roles WHERE role_name = ?", role);
        if (reads != null && !reads.equals(tenant)) {
            throw new ConfigException(
                    "Role %s reads the figures of tenant '%s'; expected a role of its own for each tenant: choose another with --role, or crm-kpi tenant remove '%s' first"
                            .formatted(role, reads, reads));
        }
        boolean exists = text("SELECT rolname FROM pg_roles WHERE rolname = ?", role) != null;
        if (exists) {
            refuseWhoSeesMore(role);
        } else {
            execute("CREATE ROLE " + quoted(role));
        }
        execute("ALTER ROLE %s LOGIN INHERIT".formatted(quoted(role)));
        if (text("SELECT 'x' FROM pg_roles WHERE rolname = ? AND pg_has_role(oid, 'crm_kpi_tenants', 'USAGE')", role)
                == null) {
            execute("GRANT %s TO %s".formatted(GROUP, quoted(role)));
        }
        if (password != null) {
            // The driver sends what the server keeps, never the password itself.
            connection.unwrap(PGConnection.class).alterUserPassword(role, password.toCharArray(), null);
        }
        if (reads == null) {
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO crm_kpi.crm_tenant_roles VALUES (?, ?)")) {
                insert.setString(1, role);
                insert.setString(2, tenant);
                insert.executeUpdate();
            }
        }
        connection.commit();
        return !exists || reads == null;
    }

    /** A role that owns the tables, is a superuser or bypasses policies sees all tenants, and so does who may become such a role. */
    private void refuseWhoSeesMore(String role) throws SQLException {
        String more = text("""
                SELECT CASE WHEN r.rolsuper THEN 'is a superuser' WHEN r.rolbypassrls THEN 'has BYPASSRLS'
                  WHEN r.rolcreaterole THEN 'has CREATEROLE'
                  WHEN r.rolname IN ('crm_kpi_tenants', 'crm_kpi_reader', 'crm_kpi_board', 'crm_kpi_exporter', 'crm_kpi_operators')
                    THEN 'is of all tenants'
                  WHEN r.oid = (SELECT nspowner FROM pg_namespace WHERE nspname = 'crm_kpi') THEN 'owns schema crm_kpi'
                  ELSE (SELECT 'is a member of ' || m.rolname FROM pg_roles m
                        WHERE m.oid <> r.oid AND pg_has_role(r.oid, m.oid, 'MEMBER')
                          AND (m.rolsuper OR m.rolbypassrls OR m.rolcreaterole
                               OR m.rolname IN ('crm_kpi_reader', 'crm_kpi_board', 'crm_kpi_exporter', 'crm_kpi_operators', 'pg_read_all_data')
                               OR m.oid = (SELECT nspowner FROM pg_namespace WHERE nspname = 'crm_kpi')
                               OR EXISTS (SELECT FROM crm_kpi.crm_tenant_roles other WHERE other.role_name = m.rolname)) LIMIT 1) END
                FROM pg_roles r WHERE r.rolname = ?""", role);
        if (more != null) {
            throw new ConfigException(
                    "Role %s %s, and so would see other tenants; expected a role that can do nothing else"
                            .formatted(role, more));
        }
    }

    /**
     * Takes from the tenant's roles what they may read, and drops those that nothing else depends on. The tenant's figures stay.
     *
     * @return the roles that read the tenant until now; a role that is still there, as it has other uses, is followed by a reason
     */
    List<String> remove(String tenant) throws SQLException {
        connection.setAutoCommit(false);
        List<String> removed = new ArrayList<>();
        for (TenantRole role : list()) {
            if (role.tenant().equals(tenant)) {
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM crm_kpi.crm_tenant_roles WHERE role_name = ?")) {
                    delete.setString(1, role.role());
                    delete.executeUpdate();
                }
                removed.add(role.role() + drop(role.role()));
            }
        }
        connection.commit();
        return removed;
    }

    private String drop(String role) throws SQLException {
        if (text("SELECT rolname FROM pg_roles WHERE rolname = ?", role) == null) {
            return ", which was gone";
        }
        execute("REVOKE %s FROM %s".formatted(GROUP, quoted(role)));
        var before = connection.setSavepoint();
        try {
            execute("DROP ROLE " + quoted(role));
            return "";
        } catch (SQLException e) {
            if (!"2BP01".equals(e.getSQLState())) {
                throw e;
            }
            connection.rollback(before);
            return ", which stays, as other things depend on it";
        }
    }

    /** The name of a tenant's role, the same each time: in letters that need no quotes, and never that of another tenant's. */
    static String nameFor(String tenant) {
        String plain = tenant.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
        if (plain.equals(tenant) && PREFIX.length() + plain.length() <= LONGEST_NAME) {
            return PREFIX + plain;
        }
        String suffix = "_" + hash(tenant);
        int room = LONGEST_NAME - PREFIX.length() - suffix.length();
        return PREFIX + plain.substring(0, Math.min(plain.length(), room)) + suffix;
    }

    private static String hash(String tenant) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(tenant.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private @Nullable String text(String sql, String parameter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, parameter);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : null;
            }
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String quoted(String role) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.enquoteIdentifier(role, false);
        }
    }
}
