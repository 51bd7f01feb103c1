package nl.rentguy.crm.kpi.doctor;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;

/** Settings of the CRM's server and database that decide how its sessions behave, the job's and those that write. */
final class ServerChecks {

    /** How the reader of the log names itself to the server. */
    private static final String READER = "debezium streaming";

    private final Query query;
    private final Findings findings;

    ServerChecks(Query query, Findings findings) {
        this.query = query;
        this.findings = findings;
    }

    void run() throws SQLException {
        encoding();
        enums();
        standbys();
        timeZone();
        writtenInUtc();
    }

    private void encoding() throws SQLException {
        String encoding = query.text("SELECT current_setting('server_encoding')");
        boolean anyBytes = encoding.equals("SQL_ASCII");
        findings.require(
                !anyBytes,
                "encoding",
                "the database holds texts as " + encoding
                        + (anyBytes ? ": any bytes, and the first that are not UTF-8 stop the log for good" : ""),
                "Make a database with ENCODING 'UTF8' of a dump whose texts were corrected");
    }

    private void enums() throws SQLException {
        List<String> empty = query.texts("""
                SELECT format('%I.%I', n.nspname, t.typname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                WHERE t.typtype = 'e' AND NOT EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = t.oid) ORDER BY 1""");
        findings.require(
                empty.isEmpty(),
                "enum types",
                empty.isEmpty()
                        ? "each has a label"
                        : "without any label: %s. The reader of the log cannot start in a database that has one"
                                .formatted(String.join(", ", empty)),
                empty.stream()
                        .map(type -> "ALTER TYPE %s ADD VALUE 'unused'".formatted(type))
                        .toList());
    }

    private void standbys() throws SQLException {
        String names = query.text("SELECT current_setting('synchronous_standby_names')");
        boolean taken = names.contains("*") || names.toLowerCase(Locale.ROOT).contains(READER);
        findings.require(
                !taken,
                "standbys",
                taken
                        ? "synchronous_standby_names is '%s', which takes the reader of the log for a standby: every write of the CRM would wait for it"
                                .formatted(names)
                        : "the reader of the log is taken for none",
                "Name the standbys themselves, by their application_name:",
                "ALTER SYSTEM SET synchronous_standby_names = 'standby_1'",
                "SELECT pg_reload_conf()");
    }

    /** The CRM writes instants without a zone, as those of UTC: the server takes them by its session's time zone. */
    private void timeZone() throws SQLException {
        List<String> others = query.texts("""
                SELECT CASE WHEN setrole = 0 THEN format('database %I', current_database()) ELSE format('role %I', setrole::regrole::text) END
                       || ' has ' || setting
                FROM pg_db_role_setting, unnest(setconfig) AS setting
                WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                  AND setting ILIKE 'timezone=%'
                  AND upper(split_part(setting, '=', 2)) NOT IN ('UTC', 'ETC/UTC', 'GMT', 'ETC/GMT', 'UCT', 'ZULU', 'ETC/UCT', 'ETC/ZULU')
                ORDER BY 1""");
        boolean fixed = query.is("""
                SELECT EXISTS (SELECT FROM pg_db_role_setting, unnest(setconfig) AS setting
                WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND setrole = 0
                  AND setting ILIKE 'timezone=%')""");
        String statement = "ALTER DATABASE %s SET timezone = 'UTC'"
                .formatted(query.text("SELECT quote_ident(current_database())"));
        if (!others.isEmpty()) {
            findings.warning(
                    "time zone",
                    String.join("; ", others)
                            + ": the CRM writes instants of UTC without a zone, which such sessions take for local ones",
                    statement,
                    "ALTER ROLE ... RESET timezone, for each role that is named");
        } else if (!fixed) {
            findings.warning(
                    "time zone",
                    "nothing says that sessions of this database are in UTC, so a server that is set to local time would shift every instant that the CRM writes",
                    statement);
        } else {
            findings.ok("time zone", "sessions of the database are in UTC");
        }
    }

    /** The newest rows tell whether that is so, as far as an instant that is still to come can tell, or the log of commits. */
    private void writtenInUtc() throws SQLException {
        for (String table : List.of("crm_deals", "crm_leads", "crm_automation_runs")) {
            String qualified = CaptureSpec.SCHEMA + "." + table;
            if (!query.is(
                    "SELECT coalesce((SELECT has_column_privilege(attrelid, attnum, 'SELECT') AND atttypid = 'timestamptz'::regtype FROM pg_attribute WHERE attrelid = to_regclass(?) AND attname = 'created_at'), false)",
                    qualified)) {
                continue;
            }
            boolean commits = query.is(
                    "SELECT current_setting('track_commit_timestamp') = 'on' AND has_table_privilege(to_regclass(?), 'SELECT')",
                    qualified);
            String written = commits ? "pg_xact_commit_timestamp(xmin)" : "least(now(), created_at)";
            List<String> shifts = query.texts("""
                    SELECT round(seconds / 1800) * 30 FROM (
                      SELECT extract(epoch FROM created_at - %s) AS seconds FROM %s
                      WHERE isfinite(created_at) ORDER BY created_at DESC LIMIT 1) newest
                    WHERE abs(seconds) > 900 AND abs(seconds) < 15 * 3600 AND abs(seconds - round(seconds / 1800) * 1800) < %s""".formatted(written, qualified, commits ? "10" : "600"));
            if (!shifts.isEmpty()) {
                findings.warning(
                        "instants",
                        "the newest created_at of %s is %s minutes away from when it was written: the CRM's sessions do not seem to be in UTC"
                                .formatted(table, shifts.get(0)),
                        "See the check of the time zone; rows that are wrong have to be corrected in the CRM");
                return;
            }
        }
        findings.ok("instants", "the newest are not shifted by whole half hours, as far as can be seen");
    }
}
