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

/** Deltas, of which there are most. */
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
        AmountsSerializer.write(delta.amounts(), target);
    }

    @Override
    public Delta deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return new Delta(
                new Cell(GroupSerializer.read(source), readLine(source)),
                readNumber(source),
                AmountsSerializer.read(source));
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
