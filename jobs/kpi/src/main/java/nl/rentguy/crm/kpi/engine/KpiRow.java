package nl.rentguy.crm.kpi.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of a KPI table without its {@code as_of}.
 *
 * @param key values of the key columns, in order, the tenant first
 * @param values values of the other columns, in order
 */
public record KpiRow(List<Object> key, List<@Nullable Object> values) {

    /** The key's values as text, which the types of the columns read back. */
    public List<String> keyText() {
        return key.stream().map(Object::toString).toList();
    }
}
