package nl.rentguy.crm.kpi.cdc;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.Collector;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Opens the envelope of a Debezium record and takes out the columns that are needed. The image before the change is not
 * looked at: with the replica identity of most tables it is made up.
 */
public final class ChangeEventDeserializer implements DebeziumDeserializationSchema<RawChange> {

    private static final long serialVersionUID = 1;

    private final CaptureSpec captured;

    /** By table: the schema that was last found to have every column that is needed. */
    private final HashMap<String, Schema> checked = new HashMap<>();

    public ChangeEventDeserializer(CaptureSpec captured) {
        this.captured = captured;
    }

    @Override
    public void deserialize(SourceRecord event, Collector<RawChange> out) {
        Struct envelope = (Struct) event.value();
        Struct source = envelope.getStruct("source");
        String table = source.getString("table");
        Operation what = operation(envelope.getString("op"));
        Struct row =
                switch (what) {
                    case READ, INSERT, UPDATE -> envelope.getStruct("after");
                    case DELETE -> (Struct) event.key();
                    case TRUNCATE -> null;
                };
        if (row != null && what != Operation.DELETE) {
            checkColumns(table, row.schema());
        }
        out.collect(new RawChange(
                table,
                what,
                source.getInt64("lsn"),
                what == Operation.READ ? RowChange.IN_SNAPSHOT : committedAtMicros(event, source),
                row == null ? Map.of() : columns(table, row)));
    }

    private static Operation operation(String op) {
        Operation what = Operation.named(op);
        if (what == null) {
            throw new IllegalArgumentException("Debezium sends the operation '%s'".formatted(op));
        }
        return what;
    }

    private void checkColumns(String table, Schema schema) {
        if (schema.equals(checked.get(table))) {
            return;
        }
        for (String column : captured.columns(table)) {
            if (schema.field(column) == null) {
                // No restart would mend it, and rows without it must not count.
                throw new SuppressRestartsException(new IllegalStateException(
                        "The CRM no longer sends %s.%s, which the KPIs need. Put the column back into the table and into the publication, as sql/crm/cdc.sql has it; then start anew with a snapshot: crm-kpi run --rebuild"
                                .formatted(table, column)));
            }
        }
        checked.put(table, schema);
    }

    private static long committedAtMicros(SourceRecord event, Struct source) {
        Object micros = event.sourceOffset().get("ts_usec");
        return micros instanceof Number exact ? exact.longValue() : source.getInt64("ts_ms") * 1000;
    }

    private Map<String, String> columns(String table, Struct row) {
        Map<String, String> columns = new HashMap<>();
        for (String column : captured.columns(table)) {
            Object value = row.schema().field(column) == null ? null : row.getWithoutDefault(column);
            if (value instanceof BigDecimal number) {
                columns.put(column, number.toPlainString());
            } else if (value != null) {
                columns.put(column, value.toString());
            }
        }
        return columns;
    }

    @Override
    public TypeInformation<RawChange> getProducedType() {
        return RawChangeType.INSTANCE;
    }
}
