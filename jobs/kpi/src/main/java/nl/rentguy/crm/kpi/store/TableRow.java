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
 * @param hasMoved of a row that is gone, whether its entity is another tenant's now, so that it is no history of this one
 */
public record TableRow(
        String table, List<Object> key, @Nullable List<@Nullable Object> values, long asOf, boolean hasMoved) {

    /** One that is there, or is gone, and whose entity is its tenant's still. */
    public TableRow(String table, List<Object> key, @Nullable List<@Nullable Object> values, long asOf) {
        this(table, key, values, asOf, false);
    }

    /** None with that key any more, and no history of it, as its entity is another tenant's. */
    public static TableRow moved(String table, List<Object> key, long asOf) {
        return new TableRow(table, key, null, asOf, true);
    }

    /** Whose row it is. */
    public String tenant() {
        return (String) key.get(0);
    }

    public boolean isGone() {
        return values == null;
    }
}
