package nl.rentguy.crm.kpi.crm;

import org.jspecify.annotations.Nullable;

/** One version of a row of the CRM, or what is taken of it. */
public sealed interface CrmRow
        permits Lead, Pipeline, Deal, Activity, AutomationRun, AcquisitionMetric, PastDeal, CrmRow.Part {

    /**
     * What Debezium writes in place of a text that the log does not send: PostgreSQL leaves out a long one that a version has not changed.
     * Whoever keeps the row knows it.
     */
    String UNSENT = "__debezium_unavailable_value";

    /** The text, or when it was not sent, what it was before. */
    static @Nullable String sent(@Nullable String text, @Nullable String before) {
        return UNSENT.equals(text) ? before : text;
    }

    /** What another row's entity needs of a row. */
    sealed interface Part extends CrmRow permits Stage, DealOfLead, Contact {

        /** The other row, in the table that the foreign key names. */
        long parentId();
    }
}
