package nl.rentguy.crm.kpi.definition;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import nl.rentguy.crm.kpi.engine.KpiRow;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a KPI table, each with the formula that derives it. Every table also has {@code as_of}, the KPI time of
 * the row, which is not listed here.
 *
 * @param <V> what the formulas read
 */
public final class KpiTable<V> {

    /** One column, without its formula. */
    public record Column(String name, SqlType type) {}

    /**
     * That rows stay when they are no longer derived. Such a row tells the KPI time at which it went; of one whose end is not
     * known the outcome becomes {@code deleted}, and the end that time.
     *
     * @param outcome a text column: null and {@code reopened} mean that the end is not known
     * @param end a column of instants. A row that ended {@code kpi.freeze-days} ago is history: it stays as it is
     * @param open a column of instants: while it is set the row may change although its end is known
     * @param deleted a column of instants: when the row went; null while it is derived
     */
    public record RetainedRows(String outcome, String end, String open, String deleted) {}

    private final String name;
    private final List<Column> keyColumns = new ArrayList<>();
    private final List<Column> valueColumns = new ArrayList<>();
    private final List<Function<V, ? extends @Nullable Object>> formulas = new ArrayList<>();

    private @Nullable String frozenDay;
    private @Nullable RetainedRows retainedRows;

    private KpiTable(String name) {
        this.name = name;
    }

    public static <V> KpiTable<V> named(String name) {
        return new KpiTable<>(name);
    }

    /** Adds a column of the primary key. Key columns come before all others and are never null. */
    public KpiTable<V> key(String column, SqlType type, Function<V, Object> formula) {
        if (!valueColumns.isEmpty()) {
            throw new IllegalStateException("key column " + column + " of " + name + " comes after other columns");
        }
        keyColumns.add(new Column(column, type));
        formulas.add(formula);
        return this;
    }

    /** Adds a column; the formula's value is of the type's Java class, or null. */
    public KpiTable<V> column(String column, SqlType type, Function<V, ? extends @Nullable Object> formula) {
        valueColumns.add(new Column(column, type));
        formulas.add(formula);
        return this;
    }

    /** Lets rows be history: those of a day, named by a key column, that is frozen stay as they are. */
    public KpiTable<V> frozenBy(String dayColumn) {
        frozenDay = dayColumn;
        return this;
    }

    /** Lets rows stay when they are no longer derived, see {@link RetainedRows}. */
    public KpiTable<V> retainedRows(String outcome, String end, String open, String deleted) {
        retainedRows = new RetainedRows(outcome, end, open, deleted);
        return this;
    }

    /** The key column whose day freezes a row, see {@link KpiSettings#frozenAt}; null when rows never freeze. */
    public @Nullable String frozenDay() {
        return frozenDay;
    }

    /** Whose rows stay when they are no longer derived; null when they are deleted. */
    public @Nullable RetainedRows retainedRows() {
        return retainedRows;
    }

    /** Whether the row with that key stays as it is at that instant, whatever is derived. */
    public boolean isFrozen(List<String> keyText, Instant asOf, KpiSettings settings) {
        for (int i = 0; i < keyColumns.size(); i++) {
            if (keyColumns.get(i).name().equals(frozenDay)) {
                return !settings.frozenAt(LocalDate.parse(keyText.get(i))).isAfter(asOf);
            }
        }
        return false;
    }

    /** The name in schema {@code crm_kpi}. */
    public String name() {
        return name;
    }

    public List<Column> keyColumns() {
        return List.copyOf(keyColumns);
    }

    public List<Column> valueColumns() {
        return List.copyOf(valueColumns);
    }

    /** All columns but {@code as_of}, the key first. */
    public List<Column> columns() {
        List<Column> all = new ArrayList<>(keyColumns);
        all.addAll(valueColumns);
        return all;
    }

    /** The row that the formulas derive. */
    KpiRow row(V view) {
        List<@Nullable Object> values = new ArrayList<>(formulas.size());
        for (Function<V, ? extends @Nullable Object> formula : formulas) {
            values.add(formula.apply(view));
        }
        List<Object> key = new ArrayList<>(keyColumns.size());
        for (int i = 0; i < keyColumns.size(); i++) {
            Object part = values.get(i);
            if (part == null) {
                throw new IllegalStateException(
                        "key column " + keyColumns.get(i).name() + " of " + name + " is null");
            }
            key.add(part);
        }
        return new KpiRow(key, values.subList(keyColumns.size(), values.size()));
    }
}
