package nl.rentguy.crm.kpi.store;

import nl.rentguy.crm.kpi.kpi.KpiTable.KeptRows;

/** What becomes of rows that stay when they are no longer derived: SQL over the row {@code held} and what was {@code sent}. */
final class KeptSql {

    private KeptSql() {}

    /** Whether it is not known yet that the row is kept. */
    static String condition(KeptRows kept) {
        return "held.%s IS NULL".formatted(kept.deleted());
    }

    /** Whether the row is no history, of which all that ended until the parameter is. */
    static String changes(KeptRows kept) {
        return "(held.%1$s IS NULL OR held.%2$s IS NOT NULL OR held.%1$s > ?)".formatted(kept.end(), kept.open());
    }

    /** What it then tells: when it went, and its end, when that was not known. */
    static String assignments(KeptRows kept) {
        String goesOn = "held.%1$s IS NULL OR held.%1$s = 'reopened'".formatted(kept.outcome());
        return "%1$s = CASE WHEN %4$s THEN 'deleted' ELSE held.%1$s END, %2$s = CASE WHEN %4$s THEN sent.as_of ELSE held.%2$s END, %3$s = sent.as_of, as_of = sent.as_of"
                .formatted(kept.outcome(), kept.end(), kept.deleted(), goesOn);
    }
}
