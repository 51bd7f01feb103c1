package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.audit.Oracle;
import org.jspecify.annotations.Nullable;

/** The dashboard's document and the oracle's, side by side. */
public final class Dashboards {

    private static final String ORACLE = Oracle.sql("oracle/dashboard.sql")
            .replaceAll(":(as_of|tenant|pipeline_id|stage|date_from|lookback_days)::", "?::");

    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(Dashboards.class.getResourceAsStream("/schemas/dashboard.schema.json"));

    /**
     * What somebody asks for.
     *
     * @param stage a stage's name
     */
    public record Question(
            String tenant,
            @Nullable Integer pipelineId,
            @Nullable String stage,
            @Nullable LocalDate dateFrom,
            @Nullable Integer lookbackDays) {

        public static Question of(String tenant) {
            return new Question(tenant, null, null, null, null);
        }
    }

    private Dashboards() {}

    /** Sets the KPI time that the document is for. */
    public static void setKpiTime(Connection kpi, Instant kpiTime) throws SQLException {
        try (PreparedStatement statement = kpi.prepareStatement("""
                INSERT INTO crm_kpi.crm_kpi_status (pipeline, phase, kpi_time, rows_read, dead_letters, job_version, definition_version)
                VALUES ('test', 'live', ?, 0, 0, '', '') ON CONFLICT (pipeline) DO UPDATE SET kpi_time = excluded.kpi_time""")) {
            statement.setObject(1, kpiTime.atOffset(ZoneOffset.UTC));
            statement.executeUpdate();
        }
        try (PreparedStatement statement = kpi.prepareStatement("""
                INSERT INTO crm_kpi.crm_kpi_progress (pipeline, writer, writers, generation, written_until, tables)
                VALUES ('test', 0, 1, 1, ?, '{crm_automation_sla}')
                ON CONFLICT (pipeline, writer) DO UPDATE SET written_until = excluded.written_until""")) {
            statement.setObject(1, kpiTime.atOffset(ZoneOffset.UTC));
            statement.executeUpdate();
        }
    }

    /** Field by field, the document of the KPI tables is the one that the CRM's rows give. */
    public static void assertEqual(Connection crm, Connection kpi, Question question, Instant asOf)
            throws SQLException {
        String document = document(kpi, question);
        assertThat(SCHEMA.validate(document, InputFormat.JSON))
                .as("%s by schemas/dashboard.schema.json", question)
                .isEmpty();
        List<String> differences = new ArrayList<>();
        try (PreparedStatement statement =
                crm.prepareStatement("""
                SELECT coalesce(e.path, h.path), e.value::text, h.value::text
                FROM (%s) e FULL JOIN (%s) h ON h.path = e.path
                WHERE e.value IS DISTINCT FROM h.value""".formatted(fields("?::jsonb"), fields("?::jsonb")))) {
            statement.setString(1, expected(crm, question, asOf));
            statement.setString(2, document);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    differences.add("%s: the oracle says %s, the dashboard %s"
                            .formatted(row.getString(1), row.getString(2), row.getString(3)));
                }
            }
        }
        assertThat(differences).as("%s at %s", question, asOf).isEmpty();
    }

    /** Every leaf of a document, by its path. */
    private static String fields(String document) {
        return """
                WITH RECURSIVE node (path, value) AS (
                  SELECT '$', %s
                  UNION ALL
                  SELECT path || '.' || child.key, child.value
                  FROM node CROSS JOIN LATERAL (
                    SELECT key, value FROM jsonb_each(CASE jsonb_typeof(node.value) WHEN 'object' THEN node.value ELSE '{}' END)
                    UNION ALL
                    SELECT (place - 1)::text, element
                    FROM jsonb_array_elements(CASE jsonb_typeof(node.value) WHEN 'array' THEN node.value ELSE '[]' END)
                         WITH ORDINALITY AS elements (element, place)) child)
                SELECT path, value FROM node WHERE jsonb_typeof(value) NOT IN ('object', 'array')""".formatted(document);
    }

    /** What {@code crm_kpi.dashboard} answers, as JSON. */
    public static String document(Connection kpi, Question question) throws SQLException {
        try (PreparedStatement statement = kpi.prepareStatement("SELECT crm_kpi.dashboard(?, ?, ?, ?, ?)")) {
            set(statement, 1, question);
            return text(statement);
        }
    }

    private static String expected(Connection crm, Question question, Instant asOf) throws SQLException {
        try (PreparedStatement statement = crm.prepareStatement(ORACLE)) {
            statement.setObject(1, asOf.atOffset(ZoneOffset.UTC));
            set(statement, 2, question);
            return text(statement);
        }
    }

    private static void set(PreparedStatement statement, int first, Question question) throws SQLException {
        statement.setString(first, question.tenant());
        statement.setObject(first + 1, question.pipelineId(), Types.INTEGER);
        statement.setString(first + 2, question.stage());
        statement.setObject(first + 3, question.dateFrom(), Types.DATE);
        statement.setObject(first + 4, question.lookbackDays(), Types.INTEGER);
    }

    private static String text(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }

    /** The first column, as numbers. */
    public static List<Integer> numbers(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<Integer> numbers = new ArrayList<>();
            while (row.next()) {
                numbers.add(row.getInt(1));
            }
            return numbers;
        }
    }
}
