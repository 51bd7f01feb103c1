package nl.rentguy.crm.kpi.cdc;

import io.debezium.connector.postgresql.PostgresType;
import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.UnchangedToastedReplicationMessageColumn;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Oid;
import org.postgresql.core.TypeInfo;

/**
 * Lets values of type {@code numeric} arrive as PostgreSQL writes them. Debezium itself reads them as numbers, and ends at the first
 * {@code Infinity} that the log has, each time it comes to it; of one in a snapshot it makes NULL.
 */
public final class NumbersAsText implements CustomConverter<SchemaBuilder, RelationalColumn> {

    /** What Debezium sends in place of a value that the log does not repeat. */
    private static final String UNCHANGED = "__debezium_unavailable_value";

    @Override
    public void configure(Properties properties) {
        // There is nothing to choose.
    }

    @Override
    public void converterFor(RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
        if (column.nativeType() == Oid.NUMERIC) {
            registration.register(SchemaBuilder.string().optional(), NumbersAsText::text);
        }
    }

    @SuppressWarnings({"NullAway", "ReferenceEquality"
    }) // Debezium's converters take and give null, and it sends one object
    private static Object text(Object value) {
        if (value == UnchangedToastedReplicationMessageColumn.UNCHANGED_TOAST_VALUE) {
            return UNCHANGED;
        }
        return value instanceof BigDecimal number ? number.toPlainString() : value == null ? null : value.toString();
    }

    /**
     * Makes the connection's numeric types, domains over them included, look like types whose values are texts: of all that
     * Debezium knows that is what it asks for first. For this a field of its registry is opened; a test sees that it is there.
     */
    @SuppressWarnings("unchecked") // the field's type is erased
    static void use(PostgresConnection crm) throws SQLException {
        TypeRegistry types = crm.getTypeRegistry();
        TypeInfo info = ((BaseConnection) crm.connection()).getTypeInfo();
        try {
            Field field = TypeRegistry.class.getDeclaredField("nameToType");
            field.setAccessible(true);
            ((Map<String, PostgresType>) field.get(types)).replaceAll((name, type) -> {
                PostgresType root = type.getRootType();
                return root.getOid() == Oid.NUMERIC
                        ? new PostgresType.Builder(
                                        types,
                                        name,
                                        root.getOid(),
                                        root.getJdbcId(),
                                        TypeRegistry.NO_TYPE_MODIFIER,
                                        info)
                                .enumValues(List.of())
                                .build()
                        : type;
            });
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Debezium's registry of types is not as it was", e);
        }
    }
}
