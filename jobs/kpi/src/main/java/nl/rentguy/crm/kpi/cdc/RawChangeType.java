package nl.rentguy.crm.kpi.cdc;

import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** How raw changes travel. */
public final class RawChangeType {

    public static final TypeInformation<RawChange> INSTANCE = Types.POJO(
            RawChange.class,
            Map.of(
                    "table", Types.STRING,
                    "operation", Types.ENUM(RawChange.Operation.class),
                    "position", Types.LONG,
                    "committedAtMicros", Types.LONG,
                    "columns", Types.MAP(Types.STRING, Types.STRING)));

    private RawChangeType() {}
}
