package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import nl.rentguy.crm.kpi.crm.LeadAggregate;
import nl.rentguy.crm.kpi.engine.KpiTime;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Entities at rest. */
final class EntityStateSerializer extends PackedSerializer<EntityState> {

    static final EntityStateSerializer INSTANCE = new EntityStateSerializer();

    private static final long serialVersionUID = 1;
    private static final int FEW_PARTS = 16;
    private static final int IS_EVALUATED = 1;
    private static final int HAS_TIMER = 2;

    @Override
    public Packed<EntityState> createInstance() {
        return Packed.large(new EntityState(LeadAggregate.EMPTY, KpiTime.NONE, Long.MAX_VALUE));
    }

    @Override
    boolean isSmall(EntityState state) {
        return state.entity().parts() <= FEW_PARTS;
    }

    @Override
    void write(EntityState state, DataOutputView target) throws IOException {
        boolean isEvaluated = state.evaluatedAt() != KpiTime.NONE;
        boolean hasTimer = state.timer() != Long.MAX_VALUE;
        target.writeByte((isEvaluated ? IS_EVALUATED : 0) | (hasTimer ? HAS_TIMER : 0));
        if (isEvaluated) {
            writeNumber(state.evaluatedAt(), target);
        }
        if (hasTimer) {
            writeNumber(state.timer(), target);
        }
        CrmRecords.write(state.entity(), target);
    }

    @Override
    EntityState read(DataInputView source) throws IOException {
        int has = source.readByte();
        long evaluatedAt = (has & IS_EVALUATED) == 0 ? KpiTime.NONE : readNumber(source);
        long timer = (has & HAS_TIMER) == 0 ? Long.MAX_VALUE : readNumber(source);
        return new EntityState(CrmRecords.readEntity(source), evaluatedAt, timer);
    }

    @Override
    public TypeSerializerSnapshot<Packed<EntityState>> snapshotConfiguration() {
        return new Snapshot();
    }

    /** What is kept with saved state: the class alone, as each entity tells its version. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Packed<EntityState>> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}
