package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.Aggregate;
import nl.rentguy.crm.kpi.engine.Measures;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** What is kept of a key. */
final class AggregateSerializer extends PackedSerializer<Aggregate> {

    static final AggregateSerializer INSTANCE = new AggregateSerializer();

    private static final long serialVersionUID = 1;
    private static final int FEW = 4;
    private static final int FEW_VALUES = 16;

    @Override
    public Packed<Aggregate> createInstance() {
        return Packed.large(Aggregate.NONE);
    }

    /** While something is to be added soon it is kept as it is. */
    @Override
    boolean isSmall(Aggregate aggregate) {
        return aggregate.pending().isEmpty()
                && aggregate.sums().size() <= FEW
                && aggregate.sums().values().stream().allMatch(sums -> sums.valueCounts().length <= FEW_VALUES);
    }

    @Override
    void write(Aggregate aggregate, DataOutputView target) throws IOException {
        writeBuckets(aggregate.sums(), target);
        writeNumber(aggregate.pending().size(), target);
        for (Map.Entry<Long, Map<List<String>, Measures>> later :
                aggregate.pending().entrySet()) {
            writeNumber(later.getKey(), target);
            writeBuckets(later.getValue(), target);
        }
    }

    @Override
    Aggregate read(DataInputView source) throws IOException {
        Map<List<String>, Measures> sums = readBuckets(source);
        Map<Long, Map<List<String>, Measures>> pending = new HashMap<>();
        for (long i = readNumber(source); i > 0; i--) {
            pending.put(readNumber(source), readBuckets(source));
        }
        return new Aggregate(sums, pending);
    }

    private static void writeBuckets(Map<List<String>, Measures> buckets, DataOutputView target) throws IOException {
        writeNumber(buckets.size(), target);
        for (Map.Entry<List<String>, Measures> bucket : buckets.entrySet()) {
            writeTexts(bucket.getKey(), target);
            MeasuresSerializer.write(bucket.getValue(), target);
        }
    }

    private static Map<List<String>, Measures> readBuckets(DataInputView source) throws IOException {
        Map<List<String>, Measures> buckets = new HashMap<>(FEW);
        for (long i = readNumber(source); i > 0; i--) {
            buckets.put(readBucket(source), MeasuresSerializer.read(source));
        }
        return Map.copyOf(buckets);
    }

    @Override
    public TypeSerializerSnapshot<Packed<Aggregate>> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each aggregate tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Packed<Aggregate>> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
