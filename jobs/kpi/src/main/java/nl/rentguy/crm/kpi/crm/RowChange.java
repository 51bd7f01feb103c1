package nl.rentguy.crm.kpi.crm;

import org.jspecify.annotations.Nullable;

/**
 * The newest version of one CRM row, or its deletion. Exactly the field of {@link #table} is set; after a deletion none
 * is. The version before is not part of it: with the CRM's replica identity the log does not carry it, so whoever needs
 * it keeps it.
 *
 * @param table which of the CRM's tables
 * @param id the row's primary key
 * @param committedAt commit time in the CRM's log, milliseconds since the epoch, rounded up, so that at that instant
 *     the change has certainly happened; {@link #IN_SNAPSHOT} for a row read in the snapshot
 * @param remembered in place of a row of {@code crm_deals}: what the KPI database remembers of the deal from an earlier job
 */
public record RowChange(
        CrmTable table,
        long id,
        long committedAt,
        @Nullable Lead lead,
        @Nullable Pipeline pipeline,
        @Nullable Stage stage,
        @Nullable Deal deal,
        @Nullable Activity activity,
        @Nullable AutomationRun run,
        @Nullable AcquisitionMetric metric,
        @Nullable PastDeal remembered) {

    /** The row was there when the snapshot read it; when it was committed is not known. */
    public static final long IN_SNAPSHOT = Long.MIN_VALUE;

    public static RowChange of(Lead row, long committedAt) {
        return new RowChange(CrmTable.LEADS, row.id(), committedAt, row, null, null, null, null, null, null, null);
    }

    public static RowChange of(Pipeline row, long committedAt) {
        return new RowChange(CrmTable.PIPELINES, row.id(), committedAt, null, row, null, null, null, null, null, null);
    }

    public static RowChange of(Stage row, long committedAt) {
        return new RowChange(
                CrmTable.PIPELINE_STAGES, row.id(), committedAt, null, null, row, null, null, null, null, null);
    }

    public static RowChange of(Deal row, long committedAt) {
        return new RowChange(CrmTable.DEALS, row.id(), committedAt, null, null, null, row, null, null, null, null);
    }

    public static RowChange of(Activity row, long committedAt) {
        return new RowChange(CrmTable.ACTIVITIES, row.id(), committedAt, null, null, null, null, row, null, null, null);
    }

    public static RowChange of(AutomationRun row, long committedAt) {
        return new RowChange(
                CrmTable.AUTOMATION_RUNS, row.id(), committedAt, null, null, null, null, null, row, null, null);
    }

    public static RowChange of(AcquisitionMetric row, long committedAt) {
        return new RowChange(
                CrmTable.ACQUISITION_METRICS, row.id(), committedAt, null, null, null, null, null, null, row, null);
    }

    /** What an earlier job knew of a deal. */
    public static RowChange remembering(PastDeal past) {
        return new RowChange(
                CrmTable.DEALS, past.dealId(), IN_SNAPSHOT, null, null, null, null, null, null, null, past);
    }

    public static RowChange deletion(CrmTable table, long id, long committedAt) {
        return new RowChange(table, id, committedAt, null, null, null, null, null, null, null, null);
    }

    /** The row that this one is part of, in the table that its foreign key names; null when there is none, as after a deletion. */
    public @Nullable Long parentId() {
        return switch (table) {
            case PIPELINE_STAGES -> stage == null ? null : stage.pipelineId();
            case DEALS -> deal == null ? null : deal.leadId();
            case ACTIVITIES -> activity == null ? null : activity.dealId();
            case AUTOMATION_RUNS -> run == null ? null : run.dealId();
            case LEADS, PIPELINES, ACQUISITION_METRICS -> null;
        };
    }

    /** The same at another time. */
    public RowChange at(long newCommittedAt) {
        return new RowChange(table, id, newCommittedAt, lead, pipeline, stage, deal, activity, run, metric, remembered);
    }
}
