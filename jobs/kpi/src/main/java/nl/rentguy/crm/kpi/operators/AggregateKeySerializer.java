package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.util.List;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;

/** Keys of KPI tables, by which sums are kept. */
final class AggregateKeySerializer extends RecordSerializer<AggregateKey> {

    static final AggregateKeySerializer INSTANCE = new AggregateKeySerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public AggregateKey createInstance() {
        return new AggregateKey("", List.of());
    }

    @Override
    public void serialize(AggregateKey aggregate, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        write(aggregate, target);
    }

    @Override
    public AggregateKey deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return read(source);
    }

    /** Writes it as part of another record. */
    static void write(AggregateKey aggregate, DataOutputView target) throws IOException {
        StringValue.writeString(aggregate.kpi(), target);
        byte[] key = aggregate.bytes();
        writeNumber(key.length, target);
        target.write(key);
    }

    static AggregateKey read(DataInputView source) throws IOException {
        String kpi = readShared(source);
        byte[] key = new byte[(int) readNumber(source)];
        source.readFully(key);
        return AggregateKey.of(kpi, key);
    }

    @Override
    public TypeSerializerSnapshot<AggregateKey> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each key tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<AggregateKey> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
