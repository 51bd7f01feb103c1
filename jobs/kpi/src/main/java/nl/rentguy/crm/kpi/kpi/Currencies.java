package nl.rentguy.crm.kpi.kpi;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.KpiRow;
import org.jspecify.annotations.Nullable;

/** Keys that have a row for each currency in them: one line of sums per currency, beside lines that tell what the key is. */
final class Currencies {

    private Currencies() {}

    /** The line of that kind, its first part, which tells what the key is; null when there is none. */
    static @Nullable List<String> header(String kind, Map<List<String>, Amounts> lines) {
        return lines.keySet().stream()
                .filter(line -> line.get(0).equals(kind))
                .findFirst()
                .orElse(null);
    }

    /** A row for each line {@code (kind, currency)}; where there is none, one of zeros in the default currency. */
    static List<KpiRow> rows(
            String kind,
            Map<List<String>, Amounts> lines,
            String defaultCurrency,
            Amounts zeros,
            BiFunction<String, Amounts, KpiRow> row) {
        List<KpiRow> rows = new ArrayList<>();
        lines.forEach((line, sums) -> {
            if (line.get(0).equals(kind)) {
                rows.add(row.apply(line.get(1), sums));
            }
        });
        return rows.isEmpty() ? List.of(row.apply(defaultCurrency, zeros)) : rows;
    }
}
