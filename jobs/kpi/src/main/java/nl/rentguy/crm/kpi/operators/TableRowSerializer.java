package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;
import org.jspecify.annotations.Nullable;

/** Each value with a byte for its type before it, as rows of all tables are in one stream. */
final class TableRowSerializer extends RecordSerializer<TableRow> {

    static final TableRowSerializer INSTANCE = new TableRowSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    private static final byte IS_THERE = 0;
    private static final byte IS_GONE = 1;
    private static final byte HAS_MOVED = 2;

    private static final byte NULL = 0;
    private static final byte TEXT = 1;
    private static final byte INTEGER = 2;
    private static final byte BIGINT = 3;
    private static final byte NUMERIC = 4;
    private static final byte DATE = 5;
    private static final byte TIMESTAMPTZ = 6;

    @Override
    public TableRow createInstance() {
        return new TableRow("", List.of(""), null, 0);
    }

    @Override
    public void serialize(TableRow row, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        StringValue.writeString(row.table(), target);
        target.writeLong(row.asOf());
        writeAll(row.key(), target);
        List<@Nullable Object> values = row.values();
        target.writeByte(values != null ? IS_THERE : row.hasMoved() ? HAS_MOVED : IS_GONE);
        if (values != null) {
            writeAll(values, target);
        }
    }

    @Override
    public TableRow deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        String table = StringValue.readString(source);
        long asOf = source.readLong();
        List<Object> key = new ArrayList<>();
        for (Object part : readAll(source)) {
            key.add(Objects.requireNonNull(part, "a part of a key"));
        }
        byte fate = source.readByte();
        return new TableRow(table, key, fate == IS_THERE ? readAll(source) : null, asOf, fate == HAS_MOVED);
    }

    private static void writeAll(List<? extends @Nullable Object> values, DataOutputView target) throws IOException {
        target.writeShort(values.size());
        for (Object value : values) {
            write(value, target);
        }
    }

    private static void write(@Nullable Object value, DataOutputView target) throws IOException {
        if (value == null) {
            target.writeByte(NULL);
        } else if (value instanceof String text) {
            target.writeByte(TEXT);
            StringValue.writeString(text, target);
        } else if (value instanceof Integer number) {
            target.writeByte(INTEGER);
            target.writeInt(number);
        } else if (value instanceof Long number) {
            target.writeByte(BIGINT);
            target.writeLong(number);
        } else if (value instanceof BigDecimal number) {
            byte[] unscaled = number.unscaledValue().toByteArray();
            target.writeByte(NUMERIC);
            target.writeInt(number.scale());
            target.writeInt(unscaled.length);
            target.write(unscaled);
        } else if (value instanceof LocalDate day) {
            target.writeByte(DATE);
            target.writeLong(day.toEpochDay());
        } else if (value instanceof Instant instant) {
            target.writeByte(TIMESTAMPTZ);
            target.writeLong(instant.getEpochSecond());
            target.writeInt(instant.getNano());
        } else {
            throw new IOException(
                    "a value of a KPI row is a " + value.getClass().getName());
        }
    }

    private static List<@Nullable Object> readAll(DataInputView source) throws IOException {
        int size = source.readShort();
        List<@Nullable Object> values = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            values.add(read(source));
        }
        return values;
    }

    private static @Nullable Object read(DataInputView source) throws IOException {
        byte type = source.readByte();
        return switch (type) {
            case NULL -> null;
            case TEXT -> StringValue.readString(source);
            case INTEGER -> source.readInt();
            case BIGINT -> source.readLong();
            case NUMERIC -> {
                int scale = source.readInt();
                byte[] unscaled = new byte[source.readInt()];
                source.readFully(unscaled);
                yield new BigDecimal(new BigInteger(unscaled), scale);
            }
            case DATE -> LocalDate.ofEpochDay(source.readLong());
            case TIMESTAMPTZ -> Instant.ofEpochSecond(source.readLong(), source.readInt());
            default -> throw new IOException("a value of a KPI row is of type " + type);
        };
    }

    @Override
    public TypeSerializerSnapshot<TableRow> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each row tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<TableRow> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
