package nl.rentguy.crm.kpi.definition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.Measures;
import org.jspecify.annotations.Nullable;

/** Keys that have a row for each currency in them: one bucket of sums per currency, beside buckets that tell what the key is. */
final class Currencies {

    private Currencies() {}

    /** The bucket of that kind, its first part, which tells what the key is; null when there is none. */
    static @Nullable List<String> header(String kind, Map<List<String>, Measures> buckets) {
        return buckets.keySet().stream()
                .filter(bucket -> bucket.get(0).equals(kind))
                .findFirst()
                .orElse(null);
    }

    /** A row for each bucket {@code (kind, currency)}; where there is none, one of zeros in the default currency. */
    static List<KpiRow> rows(
            String kind,
            Map<List<String>, Measures> buckets,
            String defaultCurrency,
            Measures zeros,
            BiFunction<String, Measures, KpiRow> row) {
        List<KpiRow> rows = new ArrayList<>();
        buckets.forEach((bucket, sums) -> {
            if (bucket.get(0).equals(kind)) {
                rows.add(row.apply(bucket.get(1), sums));
            }
        });
        return rows.isEmpty() ? List.of(row.apply(defaultCurrency, zeros)) : rows;
    }
}
