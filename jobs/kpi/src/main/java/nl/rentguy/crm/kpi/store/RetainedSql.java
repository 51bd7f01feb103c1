package nl.rentguy.crm.kpi.store;

import nl.rentguy.crm.kpi.definition.KpiTable.RetainedRows;

/** What becomes of rows that stay when they are no longer derived: SQL over the row {@code target} and what was {@code source}. */
final class RetainedSql {

    private RetainedSql() {}

    /** Whether it is not known yet that the row is kept. */
    static String condition(RetainedRows kept) {
        return "target.%s IS NULL".formatted(kept.deleted());
    }

    /** Whether the row is no history, of which all that ended until the parameter is. */
    static String changes(RetainedRows kept) {
        return "(target.%1$s IS NULL OR target.%2$s IS NOT NULL OR target.%1$s > ?)".formatted(kept.end(), kept.open());
    }

    /** What it then tells: when it went, and its end, when that was not known. */
    static String assignments(RetainedRows kept) {
        String goesOn = "target.%1$s IS NULL OR target.%1$s = 'reopened'".formatted(kept.outcome());
        return "%1$s = CASE WHEN %4$s THEN 'deleted' ELSE target.%1$s END, %2$s = CASE WHEN %4$s THEN source.as_of ELSE target.%2$s END, %3$s = source.as_of, as_of = source.as_of"
                .formatted(kept.outcome(), kept.end(), kept.deleted(), goesOn);
    }
}
