package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Changes on their way to their entities. */
final class EntityChangeSerializer extends RecordSerializer<EntityChange> {

    static final EntityChangeSerializer INSTANCE = new EntityChangeSerializer();

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;

    @Override
    public EntityChange createInstance() {
        return new EntityChange(new EntityId(EntityKind.LEAD, 0), RowChange.deletion(CrmTable.LEADS, 0, 0));
    }

    @Override
    public void serialize(EntityChange change, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        EntityIdSerializer.INSTANCE.serialize(change.entity(), target);
        CrmRecords.write(change.change(), target);
    }

    @Override
    public EntityChange deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        return new EntityChange(EntityIdSerializer.INSTANCE.deserialize(source), CrmRecords.readChange(source));
    }

    @Override
    public TypeSerializerSnapshot<EntityChange> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each change tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<EntityChange> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
