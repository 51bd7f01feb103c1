package nl.rentguy.crm.kpi.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of a KPI table from a KPI time on, or that there is none with its key.
 *
 * @param table its name in schema {@code crm_kpi}
 * @param key values of the key columns, the tenant first
 * @param values values of all other columns in their order, {@code as_of} aside; null when the row is gone
 * @param asOf KPI time, milliseconds since the epoch
 */
public record TableRow(
        String table, List<Object> key, @Nullable List<@Nullable Object> values, long asOf) {

    /** Whose row it is. */
    public String tenant() {
        return (String) key.get(0);
    }

    public boolean isGone() {
        return values == null;
    }
}
