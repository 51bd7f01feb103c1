package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import nl.rentguy.crm.kpi.engine.Amounts;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Sums: most are zero or small, and take a byte each. */
final class AmountsSerializer extends RecordSerializer<Amounts> {

    static final AmountsSerializer INSTANCE = new AmountsSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public Amounts createInstance() {
        return new Amounts(new long[0]);
    }

    @Override
    public void serialize(Amounts amounts, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        write(amounts, target);
    }

    @Override
    public Amounts deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return read(source);
    }

    /** Writes them as part of another record. */
    static void write(Amounts amounts, DataOutputView target) throws IOException {
        writeNumbers(amounts.sums(), target);
        writeNumbers(amounts.carries(), target);
        writeNumbers(amounts.tally(), target);
    }

    static Amounts read(DataInputView source) throws IOException {
        return new Amounts(readNumbers(source), readNumbers(source), readNumbers(source));
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
            return Amounts.NONE;
        }
        long[] numbers = new long[length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = readNumber(source);
        }
        return numbers;
    }

    @Override
    public TypeSerializerSnapshot<Amounts> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as the sums tell their version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Amounts> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
