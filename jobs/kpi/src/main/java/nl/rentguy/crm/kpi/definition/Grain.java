package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.DATE;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Whether a table has a row for all days together, or one per day, which is what filters by date need. */
enum Grain {
    TOTAL(""),
    DAY("_daily");

    private final String suffix;

    Grain(String suffix) {
        this.suffix = suffix;
    }

    /** The table's name. */
    String named(String name) {
        return name + suffix;
    }

    /** The key for that day, which comes last in it. */
    List<String> key(LocalDate day, String... parts) {
        List<String> key = new ArrayList<>(List.of(parts));
        if (this == DAY) {
            key.add(day.toString());
        }
        return key;
    }

    /** From when on figures that were captured on that day are not in the table any more. */
    Instant endOf(LocalDate captured, KpiSettings settings) {
        return this == TOTAL ? settings.endOfWindow(captured) : settings.endOfLookback(captured);
    }

    /** Adds the key column {@code day}, when there is one. */
    <V> KpiTable<V> andDay(KpiTable<V> table, Function<V, List<String>> key) {
        return this == TOTAL
                ? table
                : table.key("day", DATE, view -> {
                    List<String> parts = key.apply(view);
                    return LocalDate.parse(parts.get(parts.size() - 1));
                });
    }
}
