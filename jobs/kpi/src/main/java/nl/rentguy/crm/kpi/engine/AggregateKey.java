package nl.rentguy.crm.kpi.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A key of one KPI table, in as many bytes as its text has: there is one for each key in state. */
public final class AggregateKey {

    private static final int PRIME = 31;
    private static final int LONGEST = 0xFFFF;

    private final String kpi;
    private final byte[] key;
    private final int hash;

    /**
     * @param kpi the table's name
     * @param key its parts as text, tenant first
     */
    public AggregateKey(String kpi, List<String> key) {
        this(kpi, bytes(key));
    }

    private AggregateKey(String kpi, byte[] key) {
        this.kpi = kpi;
        this.key = key;
        this.hash = PRIME * kpi.hashCode() + Arrays.hashCode(key);
    }

    /**
     * The key that has these bytes.
     *
     * @param bytes as {@link #bytes()} gives them; they are the key's from now on
     */
    public static AggregateKey of(String kpi, byte[] bytes) {
        return new AggregateKey(kpi, bytes);
    }

    private static byte[] bytes(List<String> parts) {
        byte[][] texts = new byte[parts.size()][];
        int size = 0;
        for (int i = 0; i < texts.length; i++) {
            texts[i] = parts.get(i).getBytes(StandardCharsets.UTF_8);
            size += Short.BYTES + texts[i].length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(size);
        for (byte[] text : texts) {
            if (text.length > LONGEST) {
                throw new IllegalArgumentException(
                        "a part of a key has %d bytes; at most %d can be told apart".formatted(text.length, LONGEST));
            }
            bytes.putShort((short) text.length).put(text);
        }
        return bytes.array();
    }

    /** The table's name. */
    public String kpi() {
        return kpi;
    }

    /** Its parts as text, tenant first. */
    public List<String> key() {
        List<String> parts = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(key);
        while (bytes.hasRemaining()) {
            int length = Short.toUnsignedInt(bytes.getShort());
            parts.add(new String(key, bytes.position(), length, StandardCharsets.UTF_8));
            bytes.position(bytes.position() + length);
        }
        return parts;
    }

    /** Its parts, each behind its length. Not to be changed. */
    public byte[] bytes() {
        return key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof AggregateKey that
                        && hash == that.hash
                        && Arrays.equals(key, that.key)
                        && kpi.equals(that.kpi));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return kpi + " " + key();
    }
}
