package nl.rentguy.crm.kpi.cdc;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Opens the envelope of a Debezium record. The image before the change is not looked at: with the replica identity of
 * most tables it is made up.
 */
public final class ChangeEventDeserializer implements DebeziumDeserializationSchema<RawChange> {

    private static final long serialVersionUID = 1;

    @Override
    public void deserialize(SourceRecord event, Collector<RawChange> out) {
        Struct envelope = (Struct) event.value();
        Struct source = envelope.getStruct("source");
        String operation = envelope.getString("op");
        boolean deleted = operation.equals("d");
        Struct row = deleted ? (Struct) event.key() : envelope.getStruct("after");
        out.collect(new RawChange(
                source.getString("table"),
                deleted,
                source.getInt64("lsn"),
                operation.equals("r") ? RowChange.IN_SNAPSHOT : committedAtMicros(event, source),
                columns(row)));
    }

    private static long committedAtMicros(SourceRecord event, Struct source) {
        Object micros = event.sourceOffset().get("ts_usec");
        return micros instanceof Number exact ? exact.longValue() : source.getInt64("ts_ms") * 1000;
    }

    private static Map<String, String> columns(Struct row) {
        Map<String, String> columns = new HashMap<>();
        for (Field field : row.schema().fields()) {
            Object value = row.getWithoutDefault(field.name());
            if (value instanceof BigDecimal number) {
                columns.put(field.name(), number.toPlainString());
            } else if (value != null) {
                columns.put(field.name(), value.toString());
            }
        }
        return columns;
    }

    @Override
    public TypeInformation<RawChange> getProducedType() {
        return RawChangeType.INSTANCE;
    }
}
