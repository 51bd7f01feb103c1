package nl.rentguy.crm.kpi.doctor;

import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** The KPI database: its schema and the role that writes it. */
final class KpiChecks {

    /** The newest migration in {@code sql/kpi}. */
    static final String SCHEMA_VERSION = "8";

    private final Query query;
    private final Findings findings;

    private final String pipeline;
    private final Set<String> tables;

    /**
     * @param pipeline name of the job
     * @param tables that it is to keep
     */
    KpiChecks(Query query, Findings findings, String pipeline, Set<String> tables) {
        this.query = query;
        this.findings = findings;
        this.pipeline = pipeline;
        this.tables = tables;
    }

    void run() throws SQLException {
        String encoding = query.text("SELECT current_setting('server_encoding')");
        findings.require(
                encoding.equals("UTF8"),
                "encoding",
                "the database holds texts as " + encoding,
                "It cannot hold every text of a CRM: create a database with ENCODING 'UTF8' for the KPI tables, point kpi.jdbc-url to it, and run crm-kpi migrate");
        if (query.text("SELECT coalesce(to_regclass('crm_kpi.flyway_schema_history')::text, '')")
                .isEmpty()) {
            findings.error("schema", "there is no schema crm_kpi, or it was not made by migrate", "crm-kpi migrate");
            return;
        }
        if (!query.is(
                "SELECT has_schema_privilege('crm_kpi', 'USAGE') AND has_table_privilege('crm_kpi.flyway_schema_history', 'SELECT')")) {
            findings.error(
                    "schema",
                    "the role may not use schema crm_kpi",
                    "Use the role that ran crm-kpi migrate; sql/kpi/roles.sql makes one");
            return;
        }
        String version = query.text("""
                SELECT coalesce((SELECT version FROM crm_kpi.flyway_schema_history WHERE success AND version IS NOT NULL
                                 ORDER BY installed_rank DESC LIMIT 1), 'none')""");
        findings.require(
                version.equals(SCHEMA_VERSION),
                "schema",
                "schema crm_kpi is at version %s, this job needs %s".formatted(version, SCHEMA_VERSION),
                "crm-kpi migrate; when the schema is newer, upgrade the job");
        if (version.equals(SCHEMA_VERSION)) {
            tables();
            tenantsApart();
        }
        List<String> missing = query.texts("""
                SELECT format('%s ON crm_kpi.%I', right_name, relname) FROM pg_class,
                  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_name
                WHERE relnamespace = to_regnamespace('crm_kpi') AND relkind = 'r' AND relname NOT IN ('flyway_schema_history', 'crm_tenant_roles')
                  AND NOT has_table_privilege(pg_class.oid, right_name)
                ORDER BY relname, right_name""");
        findings.require(
                missing.isEmpty(),
                "role may write",
                missing.isEmpty() ? "every table" : "missing: " + String.join(", ", missing),
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crm_kpi TO "
                        + query.text("SELECT quote_ident(current_user)"));
        String apart = query.text("""
                SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class c
                WHERE relnamespace = to_regnamespace('crm_kpi') AND relkind = 'r' AND relname <> 'crm_tenant_roles'
                  AND row_security_active(oid)
                  AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'crm_kpi' AND p.tablename = c.relname
                                  AND p.cmd = 'ALL' AND p.qual = 'true'
                                  AND EXISTS (SELECT FROM unnest(p.roles) role WHERE pg_has_role(role, 'USAGE')))""");
        findings.require(
                apart.isEmpty(),
                "role sees all tenants",
                apart.isEmpty() ? "in every table" : "policies keep rows from it in " + apart,
                "Use the role that ran crm-kpi migrate, which owns the tables: kpi.username");
        if (query.is("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) {
            findings.warning(
                    "role's other rights",
                    query.text("SELECT current_user") + " is a superuser",
                    "Use a role that may write the KPI tables only: sql/kpi/roles.sql");
        }
        findings.require(
                !query.is("SELECT pg_is_in_recovery()"),
                "writable",
                "the server takes writes: " + (query.is("SELECT pg_is_in_recovery()") ? "no, it is a standby" : "yes"),
                "Point kpi.jdbc-url to the primary server");
    }

    private void tables() throws SQLException {
        String others = query.text("""
                SELECT string_agg(DISTINCT pipeline, ', ' ORDER BY pipeline) FROM crm_kpi.crm_kpi_progress
                WHERE pipeline <> ? AND generation > 0 AND tables && string_to_array(?, ',')""", pipeline, String.join(",", tables));
        findings.require(
                others.isEmpty(),
                "tables",
                others.isEmpty()
                        ? "no other job keeps one of this job's"
                        : "some of this job's are kept by another one, kpi.pipeline-name " + others,
                "Give this job other kpi.groups, or a KPI database of its own: a table has one job that writes it",
                "When the other one is gone for good: DELETE FROM crm_kpi.crm_kpi_progress WHERE pipeline = '%s'"
                        .formatted(others));
    }

    /** What a migration of the user's own, or a view that was replaced, may lack. */
    private void tenantsApart() throws SQLException {
        List<String> remedies = query.texts("""
                SELECT CASE WHEN relkind = 'v' THEN format('ALTER VIEW %s SET (security_invoker = true)', c.oid::regclass)
                       ELSE format('CALL crm_kpi.keep_tenants_apart(%L)', c.oid::regclass) END
                FROM pg_class c
                WHERE relnamespace = to_regnamespace('crm_kpi') AND CASE relkind
                  WHEN 'v' THEN NOT coalesce('security_invoker=true' = ANY (reloptions), false)
                  WHEN 'r' THEN NOT relrowsecurity AND EXISTS (
                    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) END
                ORDER BY relname""");
        if (remedies.isEmpty()) {
            findings.ok("tenants apart", "in every table and view");
        } else {
            findings.warning(
                    "tenants apart",
                    "readers of one tenant may see others in %d tables and views".formatted(remedies.size()),
                    remedies.toArray(new String[0]));
        }
    }
}
