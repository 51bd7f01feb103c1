package nl.rentguy.crm.kpi.crm;

import java.util.Arrays;
import java.util.Optional;

/** The CRM tables whose changes the job reads, by their names in the CRM database. */
public enum CrmTable {
    LEADS("crm_leads"),
    PIPELINES("crm_pipelines"),
    PIPELINE_STAGES("crm_pipeline_stages"),
    DEALS("crm_deals"),
    ACTIVITIES("crm_activities"),
    AUTOMATION_RUNS("crm_automation_runs"),
    ACQUISITION_METRICS("crm_acquisition_metrics");

    private final String tableName;

    CrmTable(String tableName) {
        this.tableName = tableName;
    }

    /** The name in the CRM database, without its schema. */
    public String tableName() {
        return tableName;
    }

    /** The table of that name, or empty when the CRM has it but no KPI reads it. */
    public static Optional<CrmTable> named(String tableName) {
        return Arrays.stream(values())
                .filter(t -> t.tableName.equals(tableName))
                .findFirst();
    }
}
