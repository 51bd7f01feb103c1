package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.jspecify.annotations.Nullable;

/**
 * A value of keyed state. There are millions of them, and few are looked at: a small one is kept as the bytes that it is saved as, which
 * take a third of its room, and is written into a checkpoint as it is. A large one is kept as itself, as reading and writing all of it at
 * each change would cost the more the larger it is.
 */
final class Packed<T> {

    private static final int USUAL_BYTES = 96;

    /** The value, or its bytes. */
    private final Object kept;

    private Packed(Object kept) {
        this.kept = kept;
    }

    static <T> Packed<T> large(T value) {
        return new Packed<>(value);
    }

    static <T> Packed<T> small(T value, PackedSerializer<T> by) {
        DataOutputSerializer bytes = new DataOutputSerializer(USUAL_BYTES);
        try {
            by.write(value, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Packed<>(bytes.getCopyOfBuffer());
    }

    /** What {@link #bytes()} has told of another one. */
    static <T> Packed<T> of(byte[] bytes) {
        return new Packed<>(bytes);
    }

    @SuppressWarnings("unchecked") // it is either
    T value(PackedSerializer<T> by) {
        if (kept instanceof byte[] bytes) {
            try {
                return by.read(new DataInputDeserializer(bytes));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return (T) kept;
    }

    /** Of a small one. Not to be changed. */
    byte @Nullable [] bytes() {
        return kept instanceof byte[] bytes ? bytes : null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof Packed<?> that)) {
            return false;
        }
        byte[] bytes = bytes();
        return bytes == null ? kept.equals(that.kept) : Arrays.equals(bytes, that.bytes());
    }

    @Override
    public int hashCode() {
        byte[] bytes = bytes();
        return bytes == null ? kept.hashCode() : Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        byte[] bytes = bytes();
        return bytes == null ? kept.toString() : bytes.length + " bytes";
    }
}
