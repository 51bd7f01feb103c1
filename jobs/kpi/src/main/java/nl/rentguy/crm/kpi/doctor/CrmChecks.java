package nl.rentguy.crm.kpi.doctor;

import static java.util.stream.Collectors.joining;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.crm.StatusWords;

/** The CRM database: its tables, the role, the publication and the heartbeat. */
final class CrmChecks {

    private static final String SCRIPT =
            "Run sql/crm/cdc.sql there, as the CRM's owner; or, where parts of it are there, the statements that make this one";

    private final Query query;
    private final Findings findings;
    private final String publication;
    private final CaptureSpec captured;
    private final StatusWords words;

    CrmChecks(Query query, Findings findings, String publication, CaptureSpec captured, StatusWords words) {
        this.words = words;
        this.query = query;
        this.findings = findings;
        this.publication = publication;
        this.captured = captured;
    }

    void run() throws SQLException {
        String walLevel = query.text("SELECT current_setting('wal_level')");
        findings.require(
                walLevel.equals("logical"),
                "wal_level",
                "wal_level is " + walLevel,
                "ALTER SYSTEM SET wal_level = logical",
                "Then restart the server");
        List<String> existing = existingColumns();
        columns(existing);
        new TableChecks(query, findings, captured, words).run();
        role(existing);
        publication();
        replicaIdentity();
        heartbeat();
        new ServerChecks(query, findings).run();
    }

    private List<String> existingColumns() throws SQLException {
        return query.texts("""
                SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = to_regnamespace(?) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
                ORDER BY c.relname, a.attnum""", CaptureSpec.SCHEMA);
    }

    /** Where tables of these names are instead, when they are. */
    private String elsewhere() throws SQLException {
        List<String> schemas = query.texts(
                "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'crm_deals' AND schemaname <> ? ORDER BY 1",
                CaptureSpec.SCHEMA);
        return schemas.isEmpty()
                ? ""
                : "; there are tables of these names in schema %s, but the job reads schema %s alone"
                        .formatted(String.join(", ", schemas), CaptureSpec.SCHEMA);
    }

    private void columns(List<String> existing) throws SQLException {
        List<String> missing = captured.missing(existing);
        boolean heartbeat = missing.removeIf(column -> column.startsWith(CaptureSpec.HEARTBEAT + "."));
        findings.require(
                missing.isEmpty(),
                "columns",
                missing.isEmpty()
                        ? "every needed column is there"
                        : "missing: " + String.join(", ", missing) + elsewhere(),
                "Put them back, or upgrade to a version that knows the CRM's new schema");
        findings.require(
                !heartbeat,
                "heartbeat table",
                CaptureSpec.HEARTBEAT + (heartbeat ? " is missing, or is an older one" : " is there"),
                SCRIPT);
    }

    private void role(List<String> existing) throws SQLException {
        boolean superuser = query.is("SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
        // On managed servers a role that the provider made stands for the attribute.
        boolean replication = query.is("""
                SELECT rolreplication OR EXISTS (
                  SELECT FROM pg_roles given WHERE given.rolname IN ('rds_replication', 'rds_superuser', 'cloudsqlsuperuser',
                    'alloydbsuperuser', 'azure_pg_admin') AND pg_has_role(current_user, given.oid, 'MEMBER'))
                FROM pg_roles WHERE rolname = current_user""");
        String role = query.text("SELECT quote_ident(current_user)");
        findings.require(
                superuser || replication,
                "role may replicate",
                superuser || replication
                        ? "%s has REPLICATION. With it the role can read every column of every table, through another output plugin or publication; what narrows that: a line of pg_hba.conf that lets it in from the job's machine alone, and log_replication_commands = on"
                                .formatted(role)
                        : "%s lacks REPLICATION".formatted(role),
                "ALTER ROLE %s REPLICATION".formatted(role),
                "On a managed server it is the provider's role that gives it, such as: GRANT rds_replication TO %s"
                        .formatted(role));
        List<String> readable = query.texts("""
                SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = to_regnamespace(?) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
                  AND has_column_privilege(c.oid, a.attnum, 'SELECT')""", CaptureSpec.SCHEMA);
        List<String> unreadable = captured.missing(readable);
        unreadable.retainAll(existing);
        findings.require(
                unreadable.isEmpty(),
                "role may read",
                unreadable.isEmpty()
                        ? "every needed column"
                        : "%s may not read %s".formatted(role, String.join(", ", unreadable)),
                and(grants(unreadable, role), orWithoutTitles(unreadable)));
        List<String> tooMany = beyondTheList(readable);
        if (superuser) {
            findings.warning(
                    "role's other rights",
                    role + " is a superuser and may read and change everything",
                    "Use the role that sql/crm/cdc.sql creates: crm.username = crm_kpi_cdc");
        } else if (tooMany.isEmpty()) {
            findings.ok("role's other rights", "none");
        } else {
            findings.warning(
                    "role's other rights",
                    "%s may read what the job never needs: %s".formatted(role, shortened(tooMany)),
                    "REVOKE SELECT on these tables from it, then grant the columns, as sql/crm/cdc.sql has it");
        }
    }

    private static List<String> orWithoutTitles(List<String> missing) {
        return missing.equals(List.of("crm_deals.title"))
                ? List.of("Or, when titles are not to leave the CRM: crm.deal-titles = false")
                : List.of();
    }

    private static List<String> grants(List<String> unreadable, String role) {
        return unreadable.stream()
                .map(column -> "GRANT SELECT (\"%s\") ON %s TO %s".formatted(column(column), table(column), role))
                .toList();
    }

    private static List<String> and(List<String> some, List<String> others) {
        List<String> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    private List<String> beyondTheList(List<String> columns) {
        List<String> beyond = new ArrayList<>();
        for (String column : columns) {
            if (!captured.names().contains(table(column))
                    || !captured.columns(table(column)).contains(column(column))) {
                beyond.add(column);
            }
        }
        return beyond;
    }

    private void publication() throws SQLException {
        if (query.texts("SELECT 1 FROM pg_publication WHERE pubname = ?", publication)
                .isEmpty()) {
            findings.error("publication", "there is no publication '%s'".formatted(publication), SCRIPT);
            return;
        }
        findings.require(
                query.is(
                        "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = ?",
                        publication),
                "publication",
                "'%s' publishes %s. A TRUNCATE in the CRM ends the job: which rows go is not in the log"
                        .formatted(
                                publication,
                                query.text(
                                        "SELECT concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END, CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END) FROM pg_publication WHERE pubname = ?",
                                        publication)),
                "ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')".formatted(publication));
        List<String> covered = Arrays.asList(
                query.text("SELECT " + CaptureSpec.coveredSql(), publication).split(",", -1));
        List<String> missing = captured.missing(covered);
        findings.require(
                missing.isEmpty(),
                "publication covers",
                missing.isEmpty() ? "every needed column" : "not covered: " + String.join(", ", missing),
                and(
                        List.of(
                                "ALTER PUBLICATION %s SET TABLE ... with the column lists of sql/crm/cdc.sql"
                                        .formatted(publication),
                                "Then, when the job ran before: crm-kpi run --rebuild"),
                        orWithoutTitles(missing)));
        List<String> tooMany = beyondTheList(covered);
        if (tooMany.isEmpty() || covered.equals(List.of(""))) {
            findings.ok("publication's other columns", "none");
        } else {
            findings.warning(
                    "publication's other columns",
                    "published, though the job never needs them: " + shortened(tooMany),
                    "ALTER PUBLICATION %s SET TABLE ... with the column lists of sql/crm/cdc.sql"
                            .formatted(publication));
        }
    }

    private void replicaIdentity() throws SQLException {
        List<String> wrong = query.texts("""
                SELECT quote_ident(relname) FROM pg_class c
                WHERE relnamespace = to_regnamespace(?) AND relname = ANY (string_to_array(?, ','))
                  AND (relreplident <> 'd' OR NOT EXISTS
                       (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))
                ORDER BY 1""", CaptureSpec.SCHEMA, String.join(",", captured.names()));
        findings.require(
                wrong.isEmpty(),
                "replica identity",
                wrong.isEmpty()
                        ? "the primary key, everywhere"
                        : "not the primary key on %s: PostgreSQL refuses the CRM's own updates of a table that is published by column list and identified by other columns"
                                .formatted(String.join(", ", wrong)),
                wrong.stream()
                        .map(table -> "ALTER TABLE %s REPLICA IDENTITY DEFAULT".formatted(table))
                        .toList());
    }

    private void heartbeat() throws SQLException {
        if (query.text("SELECT coalesce(to_regclass(?)::text, '')", CaptureSpec.SCHEMA + "." + CaptureSpec.HEARTBEAT)
                .isEmpty()) {
            return;
        }
        boolean standby = query.is("SELECT pg_is_in_recovery()");
        boolean writes = query.is(
                "SELECT has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') FROM (SELECT ?::text AS t) heartbeat",
                CaptureSpec.SCHEMA + "." + CaptureSpec.HEARTBEAT);
        findings.require(
                writes && !standby,
                "heartbeat",
                standby
                        ? "the server is a standby and takes no writes"
                        : "the role may " + (writes ? "" : "not ") + "write it",
                standby
                        ? "Point crm.jdbc-url to the primary server"
                        : "GRANT INSERT, UPDATE ON %s to the role".formatted(CaptureSpec.HEARTBEAT));
    }

    private static String table(String qualified) {
        return qualified.substring(0, Math.max(0, qualified.indexOf('.')));
    }

    private static String column(String qualified) {
        return qualified.substring(qualified.indexOf('.') + 1);
    }

    private static String shortened(List<String> columns) {
        int most = 8;
        return columns.stream().limit(most).collect(joining(", "))
                + (columns.size() > most ? " and %d more".formatted(columns.size() - most) : "");
    }
}
