package nl.rentguy.crm.kpi.store;

import nl.rentguy.crm.kpi.kpi.KpiTable.KeptRows;

/** What becomes of rows that stay when they are no longer derived: SQL over the row {@code held} and what was {@code sent}. */
final class KeptSql {

    private KeptSql() {}

    /** Whether the row's end is not known. */
    static String condition(KeptRows kept) {
        return "(held.%1$s IS NULL OR held.%1$s = 'reopened')".formatted(kept.outcome());
    }

    /** The end that it then has. */
    static String assignments(KeptRows kept) {
        return "%s = 'deleted', %s = sent.as_of, as_of = sent.as_of".formatted(kept.outcome(), kept.end());
    }
}
