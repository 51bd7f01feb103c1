package nl.rentguy.crm.kpi.cdc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Change;
import nl.rentguy.crm.kpi.cdc.UndecodableChangeException.Reason;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.StatusWords;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * {@code schemas/changes} says what the job relies on in change events, table by table: what its decoder needs, no more and no less, and what
 * Debezium writes.
 */
class ChangeSchemasTest {

    private static final Path FOLDER = Path.of("../../schemas/changes");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final CaptureSpec CAPTURED = CaptureSpec.of(new Configuration());
    private static final DebeziumJson RECORDS = new DebeziumJson(CAPTURED, null);
    private static final RowDecoder ROWS = new RowDecoder(CAPTURED, StatusWords.DEFAULTS);

    /** How Debezium writes a column. */
    private enum Kind {
        INTEGER("{\"type\": \"integer\"}", "1"),
        TEXT("{\"type\": [\"string\", \"number\", \"boolean\"]}", "\"x\""),
        DECIMAL("{\"type\": [\"string\", \"number\"]}", "\"12.50\""),
        INSTANT(
                "{\"type\": \"string\", \"pattern\": \"^(-?infinity|[+-]?\\\\d{4,}-\\\\d\\\\d-\\\\d\\\\dT.*Z)$\"}",
                "\"2026-11-22T06:17:55.009103Z\""),
        DATE("{\"type\": \"integer\"}", "20543");

        private final String schema;
        private final String example;

        Kind(String schema, String example) {
            this.schema = schema;
            this.example = example;
        }
    }

    private static final Map<String, Kind> KINDS = Map.ofEntries(
            Map.entry("tenant_id", Kind.TEXT),
            Map.entry("source", Kind.TEXT),
            Map.entry("name", Kind.TEXT),
            Map.entry("title", Kind.TEXT),
            Map.entry("currency", Kind.TEXT),
            Map.entry("status", Kind.TEXT),
            Map.entry("activity_type", Kind.TEXT),
            Map.entry("workflow_id", Kind.TEXT),
            Map.entry("channel", Kind.TEXT),
            Map.entry("ga_property_id", Kind.TEXT),
            Map.entry("gtm_container_id", Kind.TEXT),
            Map.entry("value", Kind.DECIMAL),
            Map.entry("ga_conversion_value", Kind.DECIMAL),
            Map.entry("gtm_conversion_value", Kind.DECIMAL),
            Map.entry("created_at", Kind.INSTANT),
            Map.entry("updated_at", Kind.INSTANT),
            Map.entry("occurred_at", Kind.INSTANT),
            Map.entry("completed_at", Kind.INSTANT),
            Map.entry("expected_close", Kind.DATE),
            Map.entry("captured_date", Kind.DATE));

    /** Columns that may be NULL, in the table that is named or in all. */
    private static final List<String> OPTIONAL = List.of(
            "source",
            "title",
            "lead_id",
            "expected_close",
            "probability",
            "crm_automation_runs.deal_id",
            "completed_at",
            "channel",
            "sessions",
            "new_users",
            "engaged_sessions",
            "ga_conversions",
            "ga_conversion_value",
            "gtm_conversions",
            "gtm_conversion_value",
            "ga_property_id",
            "gtm_container_id");

    private static Kind kind(String column) {
        return KINDS.getOrDefault(column, Kind.INTEGER);
    }

    private static boolean isOptional(CrmTable table, String column) {
        return OPTIONAL.contains(column) || OPTIONAL.contains(table.tableName() + "." + column);
    }

    private static ObjectNode schema(CrmTable table) throws Exception {
        ObjectNode row = JSON.createObjectNode().put("type", "object");
        ArrayNode required = row.putArray("required");
        ObjectNode properties = row.putObject("properties");
        for (String column : CAPTURED.columns(table.tableName())) {
            required.add(column);
            JsonNode kind = JSON.readTree(kind(column).schema);
            if (isOptional(table, column)) {
                properties
                        .putObject(column)
                        .putArray("anyOf")
                        .add(kind)
                        .add(JSON.createObjectNode().put("type", "null"));
            } else {
                properties.set(column, kind);
            }
        }
        ObjectNode schema = (ObjectNode) JSON.readTree("""
                {
                  "$schema": "https://json-schema.org/draft/2020-12/schema",
                  "$id": "urn:crm-kpi:change:%1$s",
                  "title": "A change of %1$s",
                  "description": "What the job relies on in a record that Debezium's connector for PostgreSQL writes of the table. Other fields and columns may be there, and are not read. NULL is null, and no column may be missing.",
                  "type": "object",
                  "required": ["op", "source"],
                  "properties": {
                    "op": {"enum": ["r", "c", "u", "d", "t"]},
                    "after": {"anyOf": [{"$ref": "#/$defs/row"}, {"type": "null"}]},
                    "source": {
                      "type": "object",
                      "required": ["table"],
                      "properties": {
                        "table": {"const": "%1$s"},
                        "lsn": {"type": ["integer", "null"]},
                        "txId": {"type": ["integer", "null"]},
                        "ts_us": {"type": ["integer", "null"]},
                        "ts_ms": {"type": ["integer", "null"]}
                      },
                      "anyOf": [{"required": ["ts_us"]}, {"required": ["ts_ms"]}]
                    }
                  },
                  "if": {"properties": {"op": {"enum": ["r", "c", "u"]}}},
                  "then": {"required": ["after"], "properties": {"after": {"$ref": "#/$defs/row"}}}
                }""".formatted(table.tableName()));
        schema.putObject("$defs").set("row", row);
        return schema;
    }

    private static JsonSchema read(CrmTable table) throws Exception {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(Files.readString(FOLDER.resolve(table.tableName() + ".schema.json")));
    }

    private static boolean isValid(CrmTable table, String event) throws Exception {
        return read(table).validate(JSON.readTree(event)).isEmpty();
    }

    /** {@code -Dwrite.docs=true} writes it. */
    @ParameterizedTest
    @EnumSource(CrmTable.class)
    void theFileIsCurrent(CrmTable table) throws Exception {
        Path file = FOLDER.resolve(table.tableName() + ".schema.json");
        String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(schema(table)) + "\n";
        if (Boolean.getBoolean("write.docs")) {
            Files.createDirectories(FOLDER);
            Files.writeString(file, text);
        }
        assertThat(Files.readString(file)).isEqualTo(text);
    }

    private static ObjectNode event(CrmTable table) throws Exception {
        ObjectNode event = JSON.createObjectNode();
        ObjectNode row = event.putObject("after");
        for (String column : CAPTURED.columns(table.tableName())) {
            row.set(column, JSON.readTree(kind(column).example));
        }
        event.putObject("source").put("table", table.tableName()).put("ts_us", 5);
        return event.put("op", "c");
    }

    private static boolean isTaken(String event) {
        if (RECORDS.read("{\"id\":1}".getBytes(UTF_8), event.getBytes(UTF_8)) instanceof Change change) {
            try {
                return ROWS.decode(change.change()).isPresent();
            } catch (UndecodableChangeException e) {
                return false;
            }
        }
        return false;
    }

    /** Each column as it is, NULL and not sent: what the schema takes, the decoder takes, and what it does not, the decoder does not. */
    @ParameterizedTest
    @EnumSource(CrmTable.class)
    void theDecoderNeedsWhatTheSchemaAsksFor(CrmTable table) throws Exception {
        assertThat(isValid(table, event(table).toString())).isTrue();
        assertThat(isTaken(event(table).toString())).isTrue();
        for (String column : CAPTURED.columns(table.tableName())) {
            ObjectNode isNull = event(table);
            ((ObjectNode) isNull.path("after")).putNull(column);
            assertThat(isValid(table, isNull.toString()))
                    .as("%s is NULL", column)
                    .isEqualTo(isTaken(isNull.toString()));
            ObjectNode unsent = event(table);
            ((ObjectNode) unsent.path("after")).remove(column);
            assertThat(isValid(table, unsent.toString()))
                    .as("%s is not sent", column)
                    .isFalse();
            assertThat(isTaken(unsent.toString())).as("%s is not sent", column).isFalse();
        }
    }

    @Test
    void whatTheDecoderTakesOfRecordedEventsTheSchemasTake() throws Exception {
        int taken = 0;
        for (CrmTable table : List.of(CrmTable.DEALS, CrmTable.AUTOMATION_RUNS)) {
            for (DebeziumJsonTest.Line line : DebeziumJsonTest.lines("crm.public." + table.tableName())) {
                String value = DebeziumJsonTest.completed(line).value();
                if (value != null && isTaken(value)) {
                    assertThat(isValid(table, value)).as(value).isTrue();
                    taken++;
                }
            }
        }
        assertThat(taken).isGreaterThan(100);
    }

    /** Rows that the KPI database refuses are in {@code KpiWriterTest}. */
    @Test
    void aDeadLetterIsAsItsSchemaSays() throws Exception {
        String text = Files.readString(Path.of("../../schemas/dead-letter.schema.json"));
        JsonNode reasons = JSON.readTree(text).at("/properties/reason/enum");
        assertThat(reasons).hasSize(Reason.values().length + 1);
        JsonSchema schema =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(text);
        for (Reason reason : Reason.values()) {
            DeadLetter letter = DeadLetter.of(
                    new RawChange("crm_deals", RawChange.Operation.UPDATE, 7, 5, Map.of("id", "1", "title", "Wedding")),
                    new UndecodableChangeException(reason, "crm_deals.status is NULL"),
                    CAPTURED);
            ObjectNode row = JSON.createObjectNode()
                    .put("id", letter.id())
                    .put("received_at", "2026-11-27T12:00:00+00:00")
                    .put("source", letter.source())
                    .put("position", letter.position())
                    .put("reason", letter.reason())
                    .put("message", letter.message())
                    .put("payload_sha256", letter.payloadSha256())
                    .putNull("replayed_at");
            row.set("payload", JSON.readTree(letter.payload()));
            assertThat(schema.validate(row)).isEmpty();
            ((ObjectNode) row.path("payload")).put("title", "Wedding");
            assertThat(schema.validate(row)).as("with a title").isNotEmpty();
        }
    }
}
