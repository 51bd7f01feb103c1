package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Values of keyed state: small ones are bytes already, and are read back as these. */
abstract class PackedSerializer<T> extends RecordSerializer<Packed<T>> {

    private static final long serialVersionUID = 1;

    /** Values stood behind it as they are. */
    private static final int UNPACKED = 1;

    /** Behind it there is the number of bytes of a small value, or 0. */
    private static final int VERSION = 2;

    /** Whether it takes so little room that all of it may be read and written at each change. */
    abstract boolean isSmall(T value);

    /** Writes a value without its version. */
    abstract void write(T value, DataOutputView target) throws IOException;

    abstract T read(DataInputView source) throws IOException;

    /** As it is to be kept. */
    final Packed<T> pack(T value) {
        return isSmall(value) ? Packed.small(value, this) : Packed.large(value);
    }

    @Override
    public final void serialize(Packed<T> packed, DataOutputView target) throws IOException {
        target.writeByte(VERSION);
        byte[] bytes = packed.bytes();
        if (bytes == null) {
            writeNumber(0, target);
            write(packed.value(this), target);
        } else {
            writeNumber(bytes.length, target);
            target.write(bytes);
        }
    }

    @Override
    public final Packed<T> deserialize(DataInputView source) throws IOException {
        int version = source.readByte();
        if (version == UNPACKED) {
            return pack(read(source));
        }
        expectVersion(VERSION, version);
        int length = (int) readNumber(source);
        if (length == 0) {
            return Packed.large(read(source));
        }
        byte[] bytes = new byte[length];
        source.readFully(bytes);
        return Packed.of(bytes);
    }
}
