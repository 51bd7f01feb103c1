package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import nl.rentguy.crm.kpi.engine.KpiTime;
import org.apache.flink.api.common.typeutils.CompositeTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** Entities at rest. */
final class EntityStateSerializer<S> extends RecordSerializer<EntityState<S>> {

    private static final long serialVersionUID = 1;
    private static final int VERSION = 1;
    private static final int IS_EVALUATED = 1;
    private static final int HAS_TIMER = 2;

    private final TypeSerializer<S> entity;

    EntityStateSerializer(TypeSerializer<S> entity) {
        this.entity = entity;
    }

    @Override
    public EntityState<S> createInstance() {
        return new EntityState<>(entity.createInstance(), KpiTime.NONE, Long.MAX_VALUE);
    }

    @Override
    public void serialize(EntityState<S> state, DataOutputView target) throws IOException {
        boolean isEvaluated = state.evaluatedAt() != KpiTime.NONE;
        boolean hasTimer = state.timer() != Long.MAX_VALUE;
        target.writeByte(VERSION);
        target.writeByte((isEvaluated ? IS_EVALUATED : 0) | (hasTimer ? HAS_TIMER : 0));
        if (isEvaluated) {
            writeNumber(state.evaluatedAt(), target);
        }
        if (hasTimer) {
            writeNumber(state.timer(), target);
        }
        entity.serialize(state.entity(), target);
    }

    @Override
    public EntityState<S> deserialize(DataInputView source) throws IOException {
        expectVersion(VERSION, source);
        int has = source.readByte();
        long evaluatedAt = (has & IS_EVALUATED) == 0 ? KpiTime.NONE : readNumber(source);
        long timer = (has & HAS_TIMER) == 0 ? Long.MAX_VALUE : readNumber(source);
        return new EntityState<>(entity.deserialize(source), evaluatedAt, timer);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EntityStateSerializer<?> that && entity.equals(that.entity);
    }

    @Override
    public int hashCode() {
        return entity.hashCode();
    }

    @Override
    public TypeSerializerSnapshot<EntityState<S>> snapshotConfiguration() {
        return new Snapshot<>(this);
    }

    /** What is kept with saved state: by which serializer the entity is written. */
    public static final class Snapshot<S>
            extends CompositeTypeSerializerSnapshot<EntityState<S>, EntityStateSerializer<S>> {

        private static final int CURRENT = 1;

        /** To be read. */
        public Snapshot() {}

        private Snapshot(EntityStateSerializer<S> serializer) {
            super(serializer);
        }

        @Override
        protected int getCurrentOuterSnapshotVersion() {
            return CURRENT;
        }

        @Override
        protected TypeSerializer<?>[] getNestedSerializers(EntityStateSerializer<S> serializer) {
            return new TypeSerializer<?>[] {serializer.entity};
        }

        @Override
        @SuppressWarnings("unchecked") // it is the only one, and of that type
        protected EntityStateSerializer<S> createOuterSerializerWithNestedSerializers(TypeSerializer<?>[] nested) {
            return new EntityStateSerializer<>((TypeSerializer<S>) nested[0]);
        }
    }
}
