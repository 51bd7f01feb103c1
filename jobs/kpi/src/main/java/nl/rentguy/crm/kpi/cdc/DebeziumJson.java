package nl.rentguy.crm.kpi.cdc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Change;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Nothing;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Reason;
import nl.rentguy.crm.kpi.cdc.TopicRecord.Refused;
import nl.rentguy.crm.kpi.cdc.TopicRecord.TransactionEnd;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of Debezium's connector for PostgreSQL as Kafka Connect's JSON converter writes them, with or without their schema, token by token. Whatever the
 * bytes are, the answer is a record or a refusal.
 *
 * <p>The image before a change is not looked at: with the replica identity of most tables it is made up. Decimals are taken as text, as numbers, or, with
 * {@code decimal.handling.mode=precise}, as the bytes of an integer, whose scale is that of the record's schema or of the setting.
 */
public final class DebeziumJson implements Serializable {

    private static final long serialVersionUID = 1;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private static final Nothing NOTHING = new Nothing();

    /** Columns of type numeric. */
    private static final List<String> DECIMALS = List.of("value", "ga_conversion_value", "gtm_conversion_value");

    /** A number of more digits is no amount, and would take as much room when it is written out. */
    private static final int MOST_DIGITS = 100;

    private final CaptureSpec captured;
    private final @Nullable Integer scale;

    /** @param scale of decimals that are sent as bytes without a schema; null when decimals are sent as text or numbers */
    public DebeziumJson(CaptureSpec captured, @Nullable Integer scale) {
        this.captured = captured;
        this.scale = scale;
    }

    /**
     * What a record says.
     *
     * @param key null where the table has no primary key
     * @param value null in a tombstone
     */
    public TopicRecord read(byte @Nullable [] key, byte @Nullable [] value) {
        if (value == null) {
            return NOTHING;
        }
        Envelope envelope = new Envelope();
        try (JsonParser json = JSON.createParser(value)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return new Refused(Reason.NOT_AN_ENVELOPE, "the record is no JSON object; " + CONVERTER);
            }
            envelope.read(json);
        } catch (JsonProcessingException e) {
            return new Refused(
                    Reason.NOT_AN_ENVELOPE,
                    "the record is no JSON of Debezium's, at byte %d; %s"
                            .formatted(
                                    e.getLocation() == null
                                            ? 0
                                            : e.getLocation().getByteOffset(),
                                    CONVERTER));
        } catch (IOException e) {
            return new Refused(Reason.NOT_AN_ENVELOPE, "the record ends in the middle; " + CONVERTER);
        }
        return envelope.record(key);
    }

    private static final String CONVERTER =
            "expected what the connector writes with value.converter=org.apache.kafka.connect.json.JsonConverter";

    /** A record as far as it has been read. */
    private final class Envelope {

        private boolean isEmpty;
        private boolean hasSource;
        private @Nullable String op;
        private @Nullable Map<String, String> after;
        private final Map<String, Integer> scales = new HashMap<>();
        private String table = "";
        private String snapshot = "false";
        private long lsn;
        private long micros;
        private @Nullable Long transaction;
        private long order;
        private @Nullable String status;
        private @Nullable String id;
        private long events;
        private final Map<String, Long> eventsByTable = new HashMap<>();
        private boolean hasOthers;
        private boolean hasTime;

        /** From behind the brace that opens the object until the one that closes it. */
        void read(JsonParser json) throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken token = json.nextToken();
                switch (name) {
                    case "schema" -> readSchema(json, token);
                    case "payload" -> readPayload(json, token);
                    case "op" -> op = json.getValueAsString();
                    case "after" -> after = token == JsonToken.START_OBJECT ? row(json, false) : null;
                    case "source" -> readSource(json, token);
                    case "transaction" -> readTransaction(json, token);
                    case "status" -> status = json.getValueAsString();
                    case "id" -> id = json.getValueAsString();
                    case "event_count" -> events = token == JsonToken.VALUE_NULL ? 0 : json.getLongValue();
                    case "data_collections" -> readTables(json, token);
                    case "ts_ms" -> {
                        hasTime = true;
                        json.skipChildren();
                    }
                    case "before", "ts_us", "ts_ns", "message" -> json.skipChildren();
                    default -> {
                        hasOthers = true;
                        json.skipChildren();
                    }
                }
            }
        }

        private void readPayload(JsonParser json, JsonToken token) throws IOException {
            if (token == JsonToken.START_OBJECT) {
                read(json);
            } else {
                isEmpty = token == JsonToken.VALUE_NULL;
                json.skipChildren();
            }
        }

        /** Of the record's schema the scales of decimals; {@code field} is the name of the column. */
        private void readSchema(JsonParser json, JsonToken token) throws IOException {
            if (token == JsonToken.START_ARRAY) {
                for (JsonToken each = json.nextToken(); each != JsonToken.END_ARRAY; each = json.nextToken()) {
                    readSchema(json, each);
                }
            } else if (token == JsonToken.START_OBJECT) {
                String field = null;
                String scaleOfField = null;
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    String name = json.currentName();
                    JsonToken value = json.nextToken();
                    switch (name) {
                        case "fields" -> readSchema(json, value);
                        case "field" -> field = json.getValueAsString();
                        case "parameters" -> scaleOfField = parameter(json, value);
                        default -> json.skipChildren();
                    }
                }
                if (field != null && scaleOfField != null && DECIMALS.contains(field)) {
                    scales.put(field, number(scaleOfField));
                }
            }
        }

        private @Nullable String parameter(JsonParser json, JsonToken token) throws IOException {
            String found = null;
            if (token == JsonToken.START_OBJECT) {
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    String name = json.currentName();
                    json.nextToken();
                    found = name.equals("scale") ? json.getValueAsString() : found;
                    json.skipChildren();
                }
            }
            return found;
        }

        private void readSource(JsonParser json, JsonToken token) throws IOException {
            hasSource = token == JsonToken.START_OBJECT;
            if (!hasSource) {
                json.skipChildren();
                return;
            }
            boolean isExact = false;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                boolean isNull = value == JsonToken.VALUE_NULL;
                switch (name) {
                    case "table" -> table = json.getValueAsString("");
                    case "snapshot" -> snapshot = json.getValueAsString("false");
                    case "lsn" -> lsn = isNull ? 0 : json.getLongValue();
                    case "txId" -> transaction = isNull ? null : (Long) json.getLongValue();
                    case "ts_us" -> {
                        isExact = !isNull;
                        micros = isNull ? micros : json.getLongValue();
                    }
                    case "ts_ms" -> micros = isNull || isExact ? micros : micros(json.getLongValue());
                    default -> json.skipChildren();
                }
            }
        }

        /** Of milliseconds that are none of a time nobody knows. */
        private static long micros(long millis) {
            return Math.abs(millis) > Long.MAX_VALUE / 1_000 ? 0 : millis * 1_000;
        }

        private void readTransaction(JsonParser json, JsonToken token) throws IOException {
            if (token != JsonToken.START_OBJECT) {
                json.skipChildren();
                return;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                if (name.equals("total_order")) {
                    order = json.getLongValue();
                } else {
                    json.skipChildren();
                }
            }
        }

        private void readTables(JsonParser json, JsonToken token) throws IOException {
            if (token != JsonToken.START_ARRAY) {
                json.skipChildren();
                return;
            }
            while (json.nextToken() == JsonToken.START_OBJECT) {
                String name = "";
                long count = 0;
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    String field = json.currentName();
                    json.nextToken();
                    switch (field) {
                        case "data_collection" -> name = json.getValueAsString("");
                        case "event_count" -> count = json.getLongValue();
                        default -> json.skipChildren();
                    }
                }
                eventsByTable.merge(name.substring(name.lastIndexOf('.') + 1), count, Long::sum);
            }
        }

        TopicRecord record(byte @Nullable [] key) {
            if (isEmpty) {
                return NOTHING;
            }
            if (op == null) {
                return withoutOperation();
            }
            if (op.equals("m")) {
                return NOTHING;
            }
            Operation what = Operation.named(op);
            if (what == null) {
                return new Refused(
                        Reason.UNKNOWN_OPERATION,
                        "the operation of a change of %s is none of r, c, u, d, t and m: a newer Debezium, or none"
                                .formatted(table));
            }
            if (!hasSource || table.isEmpty()) {
                return new Refused(
                        Reason.INCOMPLETE,
                        "a change does not say of which table it is: leave source in the envelope, without a transformation");
            }
            return captured.names().contains(table) ? change(what, key) : NOTHING;
        }

        private TopicRecord withoutOperation() {
            if ("END".equals(status) && id != null) {
                Long ended = transactionId(id);
                return ended == null
                        ? new Refused(Reason.INCOMPLETE, "the end of a transaction does not say of which")
                        : new TransactionEnd(ended, events, Map.copyOf(eventsByTable));
            }
            if ("BEGIN".equals(status) || (hasTime && !hasOthers && id == null)) {
                return NOTHING;
            }
            return new Refused(
                    Reason.FLATTENED,
                    "the record has no op: a transformation such as ExtractNewRecordState has taken the row out of its envelope, and with it what happened and when; take it out of the connector's transforms");
        }

        /** PostgreSQL's number of it stands before its position in the log. */
        private @Nullable Long transactionId(String text) {
            int end = text.indexOf(':');
            try {
                return Long.parseLong(end < 0 ? text : text.substring(0, end));
            } catch (NumberFormatException e) {
                return null;
            }
        }

        private TopicRecord change(Operation what, byte @Nullable [] key) {
            boolean inSnapshot = what == Operation.READ;
            if (!inSnapshot && micros == 0) {
                return new Refused(Reason.INCOMPLETE, "a change of %s has no time in its source".formatted(table));
            }
            Map<String, String> columns;
            if (what == Operation.TRUNCATE) {
                columns = Map.of();
            } else if (what == Operation.DELETE) {
                columns = key == null ? Map.of() : key(key);
                if (!columns.containsKey("id")) {
                    return new Refused(
                            Reason.INCOMPLETE,
                            "a deletion in %s does not say of which row: the topic's key needs its id, and key.converter is to be org.apache.kafka.connect.json.JsonConverter"
                                    .formatted(table));
                }
            } else {
                Map<String, String> row = after;
                if (row == null) {
                    return new Refused(Reason.INCOMPLETE, "a change of %s has no row".formatted(table));
                }
                columns = new HashMap<>();
                for (String column : captured.columns(table)) {
                    if (!row.containsKey(column)) {
                        return new Refused(
                                Reason.INCOMPLETE,
                                "%s.%s was not sent, and the KPIs need it: put the column back into the table and the publication, as sql/crm/cdc.sql has it"
                                        .formatted(table, column));
                    }
                    String text = row.get(column);
                    if (text != null) {
                        columns.put(column, decimal(column, text));
                    }
                }
            }
            return new Change(
                    new RawChange(table, what, lsn, inSnapshot ? RowChange.IN_SNAPSHOT : micros, columns),
                    inSnapshot || !snapshot.equals("false") ? null : transaction,
                    order);
        }

        /** Text of a decimal that may be sent as the bytes of an integer. */
        private String decimal(String column, String text) {
            Integer known = scales.getOrDefault(column, scale);
            return known == null || !DECIMALS.contains(column) ? text : unscaled(text, known);
        }
    }

    /** A text that is no base64 stays as it is, and is no number either. */
    private static String unscaled(String base64, int scale) {
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            return bytes.length == 0 || bytes.length > MOST_DIGITS
                    ? base64
                    : new BigDecimal(new BigInteger(bytes), scale).toPlainString();
        } catch (IllegalArgumentException e) {
            return base64;
        }
    }

    /** Scales beyond those of amounts are none. */
    private static int number(String text) {
        try {
            int number = Integer.parseInt(text);
            return Math.abs(number) > MOST_DIGITS ? 0 : number;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** The columns of a key; none when it cannot be read. */
    private static Map<String, String> key(byte[] key) {
        try (JsonParser json = JSON.createParser(key)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Map.of();
            }
            return row(json, true);
        } catch (IOException e) {
            return Map.of();
        }
    }

    /**
     * Columns by name as text, null where SQL has NULL, from behind the brace that opens their object.
     *
     * @param mayBeEnvelope whether they may be those of a payload beside its schema, as columns of a key are
     */
    @SuppressWarnings("NullAway") // a column that is NULL is there, and has no text
    private static Map<String, String> row(JsonParser json, boolean mayBeEnvelope) throws IOException {
        Map<String, String> columns = new HashMap<>();
        Map<String, String> payload = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken token = json.nextToken();
            if (mayBeEnvelope && name.equals("payload") && token == JsonToken.START_OBJECT) {
                payload = row(json, false);
            } else {
                columns.put(name, text(json, token));
            }
        }
        return payload == null ? columns : payload;
    }

    private static @Nullable String text(JsonParser json, JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_TRUE, VALUE_FALSE -> json.getText();
            case VALUE_NUMBER_FLOAT -> plain(json.getText());
            case START_OBJECT -> variableScale(json);
            case START_ARRAY -> {
                json.skipChildren();
                yield "[]";
            }
            default -> null;
        };
    }

    private static String plain(String number) {
        try {
            BigDecimal decimal = new BigDecimal(number);
            return Math.abs((long) decimal.scale()) + decimal.precision() > MOST_DIGITS
                    ? number
                    : decimal.toPlainString();
        } catch (NumberFormatException e) {
            // NaN and Infinity.
            return number;
        }
    }

    /** A decimal of a column without a scale of its own: an object of scale and bytes. */
    private static String variableScale(JsonParser json) throws IOException {
        String scaleOf = "";
        String value = "";
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            scaleOf = name.equals("scale") ? json.getValueAsString("") : scaleOf;
            value = name.equals("value") ? json.getValueAsString("") : value;
            json.skipChildren();
        }
        return scaleOf.isEmpty() ? value : unscaled(value, number(scaleOf));
    }
}
