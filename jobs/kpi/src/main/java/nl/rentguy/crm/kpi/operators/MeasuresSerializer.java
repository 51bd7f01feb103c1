package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import nl.rentguy.crm.kpi.engine.Measures;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Sums: most are zero or small, and take a byte each. */
final class MeasuresSerializer extends RecordSerializer<Measures> {

    static final MeasuresSerializer INSTANCE = new MeasuresSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public Measures createInstance() {
        return new Measures(new long[0]);
    }

    @Override
    public void serialize(Measures measures, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        write(measures, target);
    }

    @Override
    public Measures deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return read(source);
    }

    /** Writes them as part of another record. */
    static void write(Measures measures, DataOutputView target) throws IOException {
        writeNumbers(measures.sums(), target);
        writeNumbers(measures.carries(), target);
        writeNumbers(measures.valueCounts(), target);
    }

    static Measures read(DataInputView source) throws IOException {
        return new Measures(readNumbers(source), readNumbers(source), readNumbers(source));
    }

    private static void writeNumbers(long[] numbers, DataOutputView target) throws IOException {
        writeNumber(numbers.length, target);
        for (long number : numbers) {
            writeNumber(number, target);
        }
    }

    private static long[] readNumbers(DataInputView source) throws IOException {
        int length = (int) readNumber(source);
        if (length == 0) {
            return Measures.NONE;
        }
        long[] numbers = new long[length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = readNumber(source);
        }
        return numbers;
    }

    @Override
    public TypeSerializerSnapshot<Measures> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as the sums tell their version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Measures> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
