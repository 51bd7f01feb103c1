package nl.rentguy.crm.kpi.crm;

/** One version of a row of the CRM, or what is taken of it. */
public sealed interface CrmRow
        permits Lead, Pipeline, Deal, Activity, AutomationRun, AcquisitionMetric, PastDeal, CrmRow.Part {

    /** What another row's entity needs of a row. */
    sealed interface Part extends CrmRow permits Stage, DealOfLead, Contact {

        /** The other row, in the table that the foreign key names. */
        long parentId();
    }
}
