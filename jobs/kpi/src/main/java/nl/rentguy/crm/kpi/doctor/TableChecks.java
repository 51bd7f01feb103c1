package nl.rentguy.crm.kpi.doctor;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.crm.StatusWords;

/** Whether the job can read what is in the CRM's tables, and whether the snapshot and the log see the same rows of them. */
final class TableChecks {

    /** What a column's values have to be like, and by which types PostgreSQL keeps such values. */
    private enum Kind {
        INTEGER("smallint, integer or bigint", "int2", "int4", "int8"),
        AMOUNT("numeric or an integer type", "numeric", "int2", "int4", "int8"),
        TEXT("text, varchar or an enum type", "text", "varchar", "bpchar", "citext"),
        INSTANT("timestamp with time zone", "timestamptz"),
        DATE("date", "date");

        private final String expected;

        @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
        private final List<String> types;

        Kind(String expected, String... types) {
            this.expected = expected;
            this.types = List.of(types);
        }

        static Kind of(String column, CaptureSpec captured) {
            if (column.equals(captured.taskDue())) {
                return INSTANT;
            }
            return switch (column) {
                case "id",
                        "lead_id",
                        "pipeline_id",
                        "stage_id",
                        "deal_id",
                        "order",
                        "probability",
                        "sessions",
                        "new_users",
                        "engaged_sessions",
                        "ga_conversions",
                        "gtm_conversions" -> INTEGER;
                case "value", "ga_conversion_value", "gtm_conversion_value" -> AMOUNT;
                case "created_at", "updated_at", "occurred_at", "completed_at", "beat_at" -> INSTANT;
                case "captured_date", "expected_close" -> DATE;
                default -> TEXT;
            };
        }

        boolean takes(String type, boolean isEnum) {
            return types.contains(type) || (this == TEXT && isEnum);
        }
    }

    private final Query query;
    private final Findings findings;
    private final CaptureSpec captured;
    private final StatusWords words;

    TableChecks(Query query, Findings findings, CaptureSpec captured, StatusWords words) {
        this.query = query;
        this.findings = findings;
        this.captured = captured;
        this.words = words;
    }

    void run() throws SQLException {
        types();
        plain();
        rowSecurity();
        statusWords();
    }

    private String names() {
        return String.join(",", captured.names());
    }

    private void types() throws SQLException {
        List<String> wrong = new ArrayList<>();
        for (String column : query.texts("""
                WITH RECURSIVE columns AS (
                  SELECT c.relname || '.' || a.attname AS name, a.atttypid AS type FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                  WHERE c.relnamespace = to_regnamespace(?) AND c.relname = ANY (string_to_array(?, ',')) AND a.attnum > 0
                    AND NOT a.attisdropped
                  UNION ALL
                  SELECT name, typbasetype FROM columns JOIN pg_type t ON t.oid = type WHERE typtype = 'd'
                )
                SELECT concat_ws('|', name, typname, typtype = 'e', format_type(type, NULL))
                FROM columns JOIN pg_type t ON t.oid = type WHERE typtype <> 'd' ORDER BY 1""", CaptureSpec.SCHEMA, names())) {
            String[] parts = column.split("\\|", -1);
            String table = parts[0].substring(0, parts[0].indexOf('.'));
            String name = parts[0].substring(parts[0].indexOf('.') + 1);
            if (captured.columns(table).contains(name)) {
                Kind kind = Kind.of(name, captured);
                if (!kind.takes(parts[1], parts[2].equals("t"))) {
                    wrong.add("%s is %s, expected %s".formatted(parts[0], parts[3], kind.expected));
                }
            }
        }
        findings.require(
                wrong.isEmpty(),
                "column types",
                wrong.isEmpty()
                        ? "every needed column is of a type that the job reads exactly"
                        : String.join("; ", wrong),
                "Change the columns' types: instants without a zone by ALTER ... TYPE timestamptz USING column AT TIME ZONE 'UTC', percentages to integer; ids have to be integers",
                "A column that a publication lists has to leave it for that: see docs/operations/recovery.md");
    }

    private List<String> tables(String condition) throws SQLException {
        return query.texts("""
                SELECT quote_ident(c.relname) FROM pg_class c
                WHERE c.relnamespace = to_regnamespace(?) AND c.relname = ANY (string_to_array(?, ',')) AND %s
                ORDER BY 1""".formatted(condition), CaptureSpec.SCHEMA, names());
    }

    /** Partitions, inheritance and tables that are not logged show rows to the snapshot or to the log alone. */
    private void plain() throws SQLException {
        List<String> odd = tables("""
                c.relkind IN ('r', 'p', 'f', 'v', 'm') AND (c.relkind <> 'r' OR c.relpersistence <> 'p'
                  OR EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent)))""");
        findings.require(
                odd.isEmpty(),
                "plain tables",
                odd.isEmpty()
                        ? "the snapshot and the log have the same rows of each"
                        : "partitioned, inherited or not logged: %s. The log has their rows under other names than the snapshot, or not at all"
                                .formatted(String.join(", ", odd)),
                "Let the job read plain tables: move the rows into one table each, ALTER TABLE ... NO INHERIT, or SET LOGGED");
    }

    private void rowSecurity() throws SQLException {
        String role = query.text("SELECT quote_ident(current_user)");
        List<String> hidden = tables("""
                row_security_active(c.oid) AND (
                  NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                    AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                    AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(current_user, r, 'MEMBER')))
                  OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('r', '*')
                    AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(current_user, r, 'MEMBER'))))""");
        findings.require(
                hidden.isEmpty(),
                "row security",
                hidden.isEmpty()
                        ? "hides no row from the role"
                        : "a policy may hide rows of %s from the role, and the log sends them all the same"
                                .formatted(String.join(", ", hidden)),
                Stream.concat(
                                hidden.stream()
                                        .map(table ->
                                                "CREATE POLICY crm_kpi_reads_all ON %s FOR SELECT TO %s USING (true)"
                                                        .formatted(table, role)),
                                Stream.of("Or, for all tables at once: ALTER ROLE %s BYPASSRLS".formatted(role)))
                        .toList());
    }

    private void statusWords() throws SQLException {
        Map<String, List<String>> unknown = new LinkedHashMap<>();
        unknown.put("crm_deals", unknown("crm_deals", words::knowsDeal));
        unknown.put("crm_automation_runs", unknown("crm_automation_runs", words::knowsRun));
        unknown.values().removeIf(List::isEmpty);
        if (unknown.isEmpty()) {
            findings.ok("status words", "all are known");
        } else {
            findings.warning(
                    "status words",
                    "in none of the lists, so they count as open: "
                            + unknown.entrySet().stream()
                                    .map(table -> table.getKey() + " " + String.join(", ", table.getValue()))
                                    .collect(Collectors.joining("; ")),
                    "Name them in crm.deal-words.won, .lost or .open, and in crm.run-words.completed, .failed, .cancelled or .unfinished");
        }
    }

    private List<String> unknown(String table, Predicate<String> known) throws SQLException {
        boolean readable = query.is(
                "SELECT coalesce((SELECT has_column_privilege(attrelid, attnum, 'SELECT') FROM pg_attribute WHERE attrelid = to_regclass(?) AND attname = 'status'), false)",
                CaptureSpec.SCHEMA + "." + table);
        if (!readable) {
            return List.of();
        }
        return query.texts("""
                        SELECT DISTINCT left(status::text, 40) FROM %s.%s WHERE status IS NOT NULL ORDER BY 1 LIMIT 200""".formatted(CaptureSpec.SCHEMA, table)).stream()
                .filter(known.negate())
                .limit(20)
                .map(word -> "'" + word + "'")
                .toList();
    }
}
