package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.util.List;
import nl.rentguy.crm.kpi.engine.Cell;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;

/** Keys of KPI tables, by which sums are kept. */
final class GroupSerializer extends RecordSerializer<Cell.Group> {

    static final GroupSerializer INSTANCE = new GroupSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public Cell.Group createInstance() {
        return new Cell.Group("", List.of());
    }

    @Override
    public void serialize(Cell.Group group, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        write(group, target);
    }

    @Override
    public Cell.Group deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return read(source);
    }

    /** Writes it as part of another record. */
    static void write(Cell.Group group, DataOutputView target) throws IOException {
        StringValue.writeString(group.kpi(), target);
        byte[] key = group.bytes();
        writeNumber(key.length, target);
        target.write(key);
    }

    static Cell.Group read(DataInputView source) throws IOException {
        String kpi = readShared(source);
        byte[] key = new byte[(int) readNumber(source)];
        source.readFully(key);
        return Cell.Group.of(kpi, key);
    }

    @Override
    public TypeSerializerSnapshot<Cell.Group> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each key tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Cell.Group> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
