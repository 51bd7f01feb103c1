package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.util.List;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Measures;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Deltas, of which there are most. */
final class DeltaSerializer extends RecordSerializer<Delta> {

    static final DeltaSerializer INSTANCE = new DeltaSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public Delta createInstance() {
        return new Delta(new AccumulatorKey(new AggregateKey("", List.of()), List.of()), 0, new Measures(new long[0]));
    }

    @Override
    public void serialize(Delta delta, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        AggregateKeySerializer.write(delta.key().aggregate(), target);
        writeTexts(delta.key().bucket(), target);
        writeNumber(delta.at(), target);
        MeasuresSerializer.write(delta.measures(), target);
    }

    @Override
    public Delta deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return new Delta(
                new AccumulatorKey(AggregateKeySerializer.read(source), readBucket(source)),
                readNumber(source),
                MeasuresSerializer.read(source));
    }

    @Override
    public TypeSerializerSnapshot<Delta> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each delta tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Delta> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
