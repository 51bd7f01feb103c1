package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.util.List;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Delta;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Most sums of a delta are zero or small, and take a byte each. */
final class DeltaSerializer extends RecordSerializer<Delta> {

    static final DeltaSerializer INSTANCE = new DeltaSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public Delta createInstance() {
        return new Delta(new Cell(new Cell.Group("", List.of()), List.of()), 0, new Amounts(new long[0]));
    }

    @Override
    public void serialize(Delta delta, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        GroupSerializer.write(delta.cell().group(), target);
        writeTexts(delta.cell().line(), target);
        writeNumber(delta.at(), target);
        writeNumbers(delta.amounts().sums(), target);
        writeNumbers(delta.amounts().tally(), target);
    }

    @Override
    public Delta deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return new Delta(
                new Cell(GroupSerializer.read(source), readTexts(source)),
                readNumber(source),
                new Amounts(readNumbers(source), readNumbers(source)));
    }

    private static void writeNumbers(long[] numbers, DataOutputView target) throws IOException {
        writeNumber(numbers.length, target);
        for (long number : numbers) {
            writeNumber(number, target);
        }
    }

    private static long[] readNumbers(DataInputView source) throws IOException {
        long[] numbers = new long[(int) readNumber(source)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = readNumber(source);
        }
        return numbers;
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
