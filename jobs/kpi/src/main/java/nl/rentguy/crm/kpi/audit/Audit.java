package nl.rentguy.crm.kpi.audit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import org.jspecify.annotations.Nullable;

/**
 * Compares every row of a KPI table with the oracle's answer for the KPI time reached or, as ages grow between two publications,
 * for the row's own {@code as_of}. Exact while the CRM is at rest and KPI time has passed its last commit.
 */
public final class Audit {

    /**
     * What was found.
     *
     * @param rows compared
     * @param differences one line each, naming the key, the column and both values; empty when all is equal
     */
    public record Result(String table, long rows, List<String> differences) {}

    private Audit() {}

    /** Compares the whole table, without what is history: the CRM may have nothing any more to compare it with. */
    public static Result of(KpiTable<?> table, KpiSettings settings, Connection crm, Connection kpi)
            throws SQLException {
        Oracle oracle = new Oracle(table);
        Map<Instant, Map<List<String>, List<@Nullable String>>> expectedAt = new HashMap<>();
        List<String> differences = new ArrayList<>();
        Map<List<String>, List<@Nullable String>> held =
                new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
        Instant written = written(kpi);
        Map<List<String>, List<@Nullable String>> newest = oracle.rows(crm, written);
        try (Statement statement = kpi.createStatement();
                ResultSet result = statement.executeQuery("SELECT * FROM crm_kpi." + table.name())) {
            while (result.next()) {
                Map<List<String>, List<@Nullable String>> row = new HashMap<>();
                Oracle.read(result, table, row);
                held.putAll(row);
                Instant asOf = result.getObject("as_of", OffsetDateTime.class).toInstant();
                for (Map.Entry<List<String>, List<@Nullable String>> entry : row.entrySet()) {
                    List<String> key = entry.getKey();
                    List<@Nullable String> now = newest.get(key);
                    boolean history =
                            (now == null && table.retainedRows() != null) || table.isFrozen(key, written, settings);
                    if (history || entry.getValue().equals(now)) {
                        continue;
                    }
                    // Ages grow between two publications.
                    Map<List<String>, List<@Nullable String>> expected = expectedAt.get(asOf);
                    if (expected == null) {
                        expected = oracle.rows(crm, asOf);
                        expectedAt.put(asOf, expected);
                    }
                    compare(table, key, expected.get(key), entry.getValue(), asOf, differences);
                }
            }
        }
        for (List<String> key : newest.keySet()) {
            if (!held.containsKey(key)) {
                differences.add("%s %s: missing".formatted(table.name(), key));
            }
        }
        return new Result(table.name(), held.size(), differences);
    }

    /** As far as all rows are written. */
    private static Instant written(Connection kpi) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet result = statement.executeQuery("SELECT crm_kpi.kpi_time()")) {
            result.next();
            OffsetDateTime written = result.getObject(1, OffsetDateTime.class);
            if (written == null) {
                throw new IllegalStateException("there is no KPI time yet: nothing has been published");
            }
            return written.toInstant();
        }
    }

    private static void compare(
            KpiTable<?> table,
            List<String> key,
            @Nullable List<@Nullable String> expected,
            List<@Nullable String> held,
            Instant asOf,
            List<String> differences) {
        if (expected == null) {
            differences.add("%s %s at %s: not to be there".formatted(table.name(), key, asOf));
            return;
        }
        for (int i = 0; i < held.size(); i++) {
            if (!Objects.equals(expected.get(i), held.get(i))) {
                differences.add("%s %s at %s: %s is %s, the oracle says %s"
                        .formatted(
                                table.name(),
                                key,
                                asOf,
                                table.valueColumns().get(i).name(),
                                held.get(i),
                                expected.get(i)));
            }
        }
    }

    /** Whether all that was committed until that instant can be read in the tables that this job writes. */
    public static boolean hasPassed(Connection kpi, String pipeline, Instant instant) throws SQLException {
        try (PreparedStatement statement = kpi.prepareStatement(
                "SELECT min(written_until) > ? AND bool_and(written_until IS NOT NULL) FROM crm_kpi.crm_kpi_progress WHERE pipeline = ? AND generation > 0")) {
            statement.setObject(1, instant.atOffset(ZoneOffset.UTC));
            statement.setString(2, pipeline);
            try (ResultSet result = statement.executeQuery()) {
                return result.next() && result.getBoolean(1);
            }
        }
    }
}
