package nl.rentguy.crm.kpi.crm;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The CRM tables whose changes the job reads, by their names in the CRM database, and all that it may read of them. No
 * other column leaves the CRM: neither its role nor its publication cover them, and the snapshot does not select them.
 */
public enum CrmTable {
    LEADS("crm_leads", "id", "tenant_id", "source", "created_at"),
    PIPELINES("crm_pipelines", "id", "tenant_id", "name"),
    PIPELINE_STAGES("crm_pipeline_stages", "id", "pipeline_id", "name", "order"),
    DEALS(
            "crm_deals",
            "id",
            "tenant_id",
            "lead_id",
            "pipeline_id",
            "stage_id",
            "value",
            "currency",
            "expected_close",
            "probability",
            "status",
            "created_at",
            "updated_at"),
    ACTIVITIES("crm_activities", "id", "tenant_id", "deal_id", "activity_type", "occurred_at"),
    AUTOMATION_RUNS(
            "crm_automation_runs", "id", "tenant_id", "deal_id", "workflow_id", "status", "created_at", "completed_at"),
    ACQUISITION_METRICS(
            "crm_acquisition_metrics",
            "id",
            "tenant_id",
            "channel",
            "source",
            "captured_date",
            "sessions",
            "new_users",
            "engaged_sessions",
            "ga_conversions",
            "ga_conversion_value",
            "gtm_conversions",
            "gtm_conversion_value",
            "ga_property_id",
            "gtm_container_id");

    private final String tableName;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
    private final List<String> columns;

    CrmTable(String tableName, String... columns) {
        this.tableName = tableName;
        this.columns = List.of(columns);
    }

    /** The name in the CRM database, without its schema. */
    public String tableName() {
        return tableName;
    }

    /** The columns that are read, all of them needed, the primary key first. */
    public List<String> columns() {
        return columns;
    }

    /** The table of that name, or empty when the CRM has it but no KPI reads it. */
    public static Optional<CrmTable> named(String tableName) {
        return Arrays.stream(values())
                .filter(t -> t.tableName.equals(tableName))
                .findFirst();
    }
}
