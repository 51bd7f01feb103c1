package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class RawChangeTypeTest {

    @Test
    void aRawChangeComesBackAsItWent() throws IOException {
        SerializerConfigImpl noKryo = new SerializerConfigImpl();
        noKryo.setGenericTypes(false);
        TypeSerializer<RawChange> serializer = RawChangeType.INSTANCE.createSerializer(noKryo);
        RawChange change = new RawChange(
                "crm_deals", RawChange.Operation.DELETE, 26_760_976, 1_795_328_275_009_103L, Map.of("id", "100"));
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(change, out);
        assertThat(serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer())))
                .isEqualTo(change);
    }
}
