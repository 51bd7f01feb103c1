package nl.rentguy.crm.kpi.cdc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Change;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Nothing;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Reason;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Refused;
import nl.rentguy.crm.kpi.cdc.TopicRecord.TransactionEnd;
import nl.rentguy.crm.kpi.crm.StatusWords;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that Debezium 3.5 wrote, whole and damaged, and forms that other settings of it give them. */
class DebeziumJsonTest {

    private static final CaptureSpec CAPTURED = CaptureSpec.of(new Configuration());
    private static final ObjectMapper TREE = new ObjectMapper();
    private static final DebeziumJson AS_TEXT = new DebeziumJson(CAPTURED, null);
    private static final DebeziumJson AS_BYTES = new DebeziumJson(CAPTURED, 2);
    private static final int DAMAGES_OF_RECORD = 40;

    /** Key and value of a record; null as in Kafka. */
    record Line(@Nullable String key, @Nullable String value) {

        TopicRecord read(DebeziumJson by) {
            return by.read(bytes(key), bytes(value));
        }

        private static byte @Nullable [] bytes(@Nullable String text) {
            return text == null ? null : text.getBytes(UTF_8);
        }
    }

    static List<Line> lines(String topic) throws Exception {
        List<Line> lines = new ArrayList<>();
        try (InputStream file = Objects.requireNonNull(
                        DebeziumJsonTest.class.getResourceAsStream("/debezium/%s.tsv".formatted(topic)));
                BufferedReader reader = new BufferedReader(new InputStreamReader(file, UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] parts = line.split("\t", -1);
                lines.add(new Line(orNull(parts[0]), orNull(parts[1])));
            }
        }
        assertThat(lines).isNotEmpty();
        return lines;
    }

    private static @Nullable String orNull(String text) {
        return text.equals("null") ? null : text;
    }

    /** With the columns that the small tables of the recording lack. */
    static Line completed(Line line) {
        return new Line(
                line.key,
                line.value == null
                        ? null
                        : line.value.replaceFirst(
                                "\"after\":\\{",
                                "\"after\":{\"lead_id\":null,\"pipeline_id\":7,\"title\":\"t\",\"currency\":\"EUR\",\"probability\":50,\"deal_id\":null,"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"crm.public.crm_deals", "crm.public.crm_automation_runs"})
    void whatWasRecordedIsReadAsItStandsThere(String topic) throws Exception {
        Set<Operation> read = EnumSet.noneOf(Operation.class);
        for (Line line : lines(topic)) {
            TopicRecord record = completed(line).read(AS_TEXT);
            if (line.value == null) {
                assertThat(record).isEqualTo(new Nothing());
                continue;
            }
            JsonNode value = TREE.readTree(line.value);
            assertThat(record).as(line.value).isInstanceOf(Change.class);
            Change change = (Change) record;
            RawChange raw = change.change();
            read.add(raw.operation());
            boolean streamed =
                    value.at("/source/snapshot").asText().equals("false") && raw.operation() != Operation.READ;
            assertThat(raw.position()).isEqualTo(value.at("/source/lsn").asLong());
            assertThat(raw.isInSnapshot()).isEqualTo(raw.operation() == Operation.READ);
            if (streamed) {
                assertThat(raw.committedAtMicros())
                        .isEqualTo(value.at("/source/ts_us").asLong());
                assertThat(change.transaction())
                        .isEqualTo(value.at("/source/txId").asLong());
                assertThat(change.order())
                        .isEqualTo(value.at("/transaction/total_order").asLong());
            }
            JsonNode row = raw.operation() == Operation.DELETE
                    ? TREE.readTree(Objects.requireNonNull(line.key))
                    : value.path("after");
            row.properties().forEach(column -> {
                if (CAPTURED.columns(raw.table()).contains(column.getKey())) {
                    assertThat(raw.column(column.getKey()))
                            .as(column.getKey())
                            .isEqualTo(
                                    column.getValue().isNull()
                                            ? null
                                            : column.getValue().asText());
                }
            });
            assertThat(CAPTURED.columns(raw.table())).containsAll(raw.columns().keySet());
        }
        assertThat(read).contains(Operation.READ, Operation.INSERT, Operation.UPDATE, Operation.DELETE);
    }

    @Test
    void bytesOfDecimalsAreTheNumbersThatTextsAre() throws Exception {
        Map<String, String> texts = new HashMap<>();
        for (Line line : lines("crm.public.crm_deals")) {
            if (completed(line).read(AS_TEXT) instanceof Change change) {
                texts.put(identity(change), String.valueOf(change.change().column("value")));
            }
        }
        int compared = 0;
        for (Line line : lines("crmp.public.crm_deals")) {
            // A column that got another scale needs schemas: bytes do not tell it.
            if (completed(line).read(AS_BYTES) instanceof Change change
                    && texts.getOrDefault(identity(change), "").matches("-?\\d+\\.\\d\\d")) {
                assertThat(String.valueOf(change.change().column("value"))).isEqualTo(texts.get(identity(change)));
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(50);
    }

    private static String identity(Change change) {
        return "%s %s %s"
                .formatted(
                        change.change().position(),
                        change.change().operation(),
                        change.change().column("id"));
    }

    @Test
    void transactionsEndWithTheNumberOfTheirChanges() throws Exception {
        Map<Long, Long> ends = new HashMap<>();
        for (Line line : lines("crm.transaction")) {
            if (line.read(AS_TEXT) instanceof TransactionEnd end) {
                ends.put(end.transaction(), end.changes());
                assertThat(end.changesByTable().values().stream()
                                .mapToLong(Long::longValue)
                                .sum())
                        .isEqualTo(end.changes());
            } else {
                assertThat(line.read(AS_TEXT)).isEqualTo(new Nothing());
            }
        }
        assertThat(ends).hasSizeGreaterThan(10).containsEntry(847L, 1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"__debezium-heartbeat.crm", "crm.message", "crm.public.crm_nopk", "crm.public.crm_notes"})
    void whatTheJobDoesNotNeedIsNothing(String topic) throws Exception {
        for (Line line : lines(topic)) {
            assertThat(line.read(AS_TEXT)).as(line.value).isEqualTo(new Nothing());
        }
    }

    private static TopicRecord read(String value) {
        return new Line("{\"id\":5}", value).read(AS_TEXT);
    }

    private static String stage(String row, String op) {
        return "{\"before\":null,\"after\":%s,\"source\":{\"ts_ms\":1795328091102,\"snapshot\":\"false\",\"table\":\"crm_pipeline_stages\",\"txId\":7,\"lsn\":9},\"op\":\"%s\"}"
                .formatted(row, op);
    }

    private static final String STAGE = "{\"id\":5,\"pipeline_id\":2,\"name\":\"Intake\",\"order\":1}";

    @Test
    void anOlderConnectorTellsMilliseconds() {
        assertThat(read(stage(STAGE, "c")))
                .isEqualTo(new Change(
                        new RawChange(
                                "crm_pipeline_stages",
                                Operation.INSERT,
                                9,
                                1_795_328_091_102_000L,
                                Map.of("id", "5", "pipeline_id", "2", "name", "Intake", "order", "1")),
                        7L,
                        0));
    }

    @Test
    void aRecordMayCarryItsSchemaAndItsKeyToo() {
        String schema =
                "{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"fields\":[{\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"3\",\"connect.decimal.precision\":\"9\"},\"field\":\"value\"}],\"field\":\"after\"}]}";
        assertThat(read("{\"schema\":%s,\"payload\":%s}".formatted(schema, stage(STAGE, "c"))))
                .isEqualTo(read(stage(STAGE, "c")));
        String deal =
                "{\"after\":{\"id\":1,\"tenant_id\":\"t\",\"lead_id\":null,\"pipeline_id\":1,\"stage_id\":1,\"title\":\"t\",\"value\":\"AeI6\",\"currency\":\"EUR\",\"expected_close\":null,\"probability\":5,\"status\":\"open\",\"created_at\":\"c\",\"updated_at\":\"u\"},\"source\":{\"ts_us\":1,\"table\":\"crm_deals\"},\"op\":\"c\"}";
        assertThat(read("{\"schema\":%s,\"payload\":%s}".formatted(schema, deal)))
                .isInstanceOfSatisfying(
                        Change.class,
                        change -> assertThat(change.change().column("value")).isEqualTo("123.450"));
        assertThat(new Line("{\"schema\":{\"type\":\"struct\"},\"payload\":{\"id\":5}}", stage("null", "d"))
                        .read(AS_TEXT))
                .isInstanceOfSatisfying(
                        Change.class,
                        change -> assertThat(change.change().columns()).isEqualTo(Map.of("id", "5")));
        assertThat(read("{\"schema\":null,\"payload\":null}")).isEqualTo(new Nothing());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1234.5|1234.5",
                "1.2345E3|1234.5",
                "1E999999999|1E999999999",
                "NaN|NaN",
                "\"NAN\"|NAN",
                "{\"scale\":1,\"value\":\"AeI6\"}|12345.0",
                "9007199254740993|9007199254740993",
                "null|"
            })
    void numbersOfAnyForm(String sent, @Nullable String read) {
        String row = "{\"id\":%s,\"pipeline_id\":2,\"name\":\"Intake\",\"order\":1}".formatted(sent);
        assertThat(read(stage(row, "c"))).isInstanceOfSatisfying(Change.class, change -> assertThat(
                        change.change().column("id"))
                .isEqualTo(read));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "NOT_AN_ENVELOPE|[1]|no JSON object",
                "NOT_AN_ENVELOPE|{\"op\":\"c\"|no JSON of Debezium's",
                "NOT_AN_ENVELOPE|not json|no JSON of Debezium's",
                "FLATTENED|{\"id\":1,\"tenant_id\":\"mrdj\",\"__deleted\":\"false\"}|ExtractNewRecordState",
                "UNKNOWN_OPERATION|{\"op\":\"x\",\"source\":{\"table\":\"crm_deals\"}}|crm_deals is none of r, c, u, d, t and m",
                "INCOMPLETE|{\"op\":\"c\",\"after\":{}}|does not say of which table",
                "INCOMPLETE|{\"op\":\"c\",\"after\":{},\"source\":{\"table\":\"crm_leads\"}}|no time",
                "INCOMPLETE|{\"op\":\"c\",\"after\":null,\"source\":{\"table\":\"crm_leads\",\"ts_us\":5}}|no row",
                "INCOMPLETE|{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{\"table\":\"crm_pipelines\",\"ts_us\":5}}|crm_pipelines.tenant_id was not sent",
                "INCOMPLETE|{\"status\":\"END\",\"id\":\"x\",\"event_count\":1}|does not say of which",
            })
    void whatCannotBeReadIsRefusedByName(Reason reason, String value, String explanation) {
        assertThat(read(value)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.reason()).isEqualTo(reason);
            assertThat(refused.explanation()).contains(explanation);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "[5]", "{\"id\"", "{\"id\":null}"})
    void aDeletionNeedsItsKey(String key) {
        TopicRecord record = new Line(orNull(key), stage("null", "d")).read(AS_TEXT);
        if (key.equals("{\"id\":null}")) {
            // A key that is NULL is the decoder's to refuse, with the row's other values.
            assertThat(record).isInstanceOf(Change.class);
        } else {
            assertThat(record).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.reason())
                    .isEqualTo(Reason.INCOMPLETE));
        }
    }

    /** Bytes that are changed, lost or doubled: whatever comes of it is a record, a refusal of it, or a refusal of its row. */
    @Test
    void noDamageIsMoreThanARefusal() throws Exception {
        Random random = new Random(20_261_127);
        RowDecoder rows = new RowDecoder(CAPTURED, StatusWords.DEFAULTS);
        int changes = 0;
        int refusals = 0;
        for (String topic : List.of(
                "crm.public.crm_deals",
                "crmp.public.crm_deals",
                "crm.public.crm_automation_runs",
                "crm.transaction",
                "__debezium-heartbeat.crm",
                "crm.public.crm_notes")) {
            for (Line line : lines(topic)) {
                for (int i = 0; i < DAMAGES_OF_RECORD; i++) {
                    byte[] key = Line.bytes(line.key);
                    byte[] value = Line.bytes(completed(line).value);
                    byte[] damagedKey = key == null || i % 4 > 0 ? key : damaged(key, random);
                    byte[] damaged = value == null ? null : damaged(value, random);
                    TopicRecord record = (i % 2 == 0 ? AS_TEXT : AS_BYTES).read(damagedKey, damaged);
                    refusals += record instanceof Refused ? 1 : 0;
                    if (record instanceof Change change) {
                        changes++;
                        assertThatCode(() -> decode(rows, change.change()))
                                .as("%s", damaged == null ? "" : new String(damaged, UTF_8))
                                .doesNotThrowAnyException();
                    }
                }
            }
        }
        assertThat(changes).isGreaterThan(1_000);
        assertThat(refusals).isGreaterThan(1_000);
    }

    private static void decode(RowDecoder rows, RawChange change) {
        try {
            rows.decode(change);
        } catch (UndecodableChangeException e) {
            assertThat(e.explanation()).isNotEmpty();
        }
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] = (byte) random.nextInt();
            case 1 -> bytes = Arrays.copyOf(bytes, at);
            case 2 -> {
                int end = at + random.nextInt(Math.min(40, bytes.length - at));
                byte[] shorter = Arrays.copyOf(bytes, bytes.length - (end - at));
                System.arraycopy(bytes, end, shorter, at, bytes.length - end);
                bytes = shorter;
            }
            default -> {
                int length = random.nextInt(Math.min(20, bytes.length - at));
                byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
                System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
                bytes = longer;
            }
        }
        return bytes;
    }
}
