package nl.rentguy.crm.kpi.crm;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Immutable maps of rows by their id. */
final class ById {

    private ById() {}

    /** The map with that row under the id, or without the id when there is none. */
    static <V> Map<Long, V> with(Map<Long, V> rows, long id, @Nullable V row) {
        Map<Long, V> changed = new HashMap<>(rows);
        if (row == null) {
            changed.remove(id);
        } else {
            changed.put(id, row);
        }
        return changed;
    }
}
