package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import nl.rentguy.crm.kpi.crm.EntityKind;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Keys of entities. Two that are equal are written in the same bytes, as RocksDB needs it. */
final class EntityIdSerializer extends RecordSerializer<EntityId> {

    static final EntityIdSerializer INSTANCE = new EntityIdSerializer();

    private static final long serialVersionUID = 1;

    @Override
    public EntityId createInstance() {
        return new EntityId(EntityKind.LEAD, 0);
    }

    @Override
    public void serialize(EntityId entity, DataOutputView target) throws IOException {
        target.writeByte(entity.kind().tag());
        writeNumber(entity.id(), target);
    }

    @Override
    public EntityId deserialize(DataInputView source) throws IOException {
        return new EntityId(EntityKind.tagged(source.readByte()), readNumber(source));
    }

    @Override
    public TypeSerializerSnapshot<EntityId> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<EntityId> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
