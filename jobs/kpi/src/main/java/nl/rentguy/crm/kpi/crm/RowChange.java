package nl.rentguy.crm.kpi.crm;

import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The newest version of one CRM row, or its deletion. The version before is not part of it where it comes from the log: with the CRM's
 * replica identity that does not carry it, so whoever needs it keeps it.
 *
 * @param table which of the CRM's tables
 * @param id the row's primary key
 * @param committedAt KPI time, milliseconds since the epoch, rounded up, so that at that instant the change has certainly happened;
 *     {@link #IN_SNAPSHOT} for a row read in the snapshot
 * @param row null after a deletion, and when a part has left its entity
 * @param before of a part what its entity knows of it; null when it knows nothing, and for whatever is no part
 */
public record RowChange(
        CrmTable table,
        long id,
        long committedAt,
        @Nullable CrmRow row,
        @Nullable CrmRow before) {

    /** The row was there when the snapshot read it; when it was committed is not known. */
    public static final long IN_SNAPSHOT = Long.MIN_VALUE;

    public static RowChange of(Lead row, long committedAt) {
        return new RowChange(CrmTable.LEADS, row.id(), committedAt, row, null);
    }

    public static RowChange of(Pipeline row, long committedAt) {
        return new RowChange(CrmTable.PIPELINES, row.id(), committedAt, row, null);
    }

    public static RowChange of(Stage row, long committedAt) {
        return new RowChange(CrmTable.PIPELINE_STAGES, row.id(), committedAt, row, null);
    }

    public static RowChange of(Deal row, long committedAt) {
        return new RowChange(CrmTable.DEALS, row.id(), committedAt, row, null);
    }

    public static RowChange of(Activity row, long committedAt) {
        return new RowChange(CrmTable.ACTIVITIES, row.id(), committedAt, row, null);
    }

    public static RowChange of(AutomationRun row, long committedAt) {
        return new RowChange(CrmTable.AUTOMATION_RUNS, row.id(), committedAt, row, null);
    }

    public static RowChange of(AcquisitionMetric row, long committedAt) {
        return new RowChange(CrmTable.ACQUISITION_METRICS, row.id(), committedAt, row, null);
    }

    /** What an earlier job knew of a deal. */
    public static RowChange ofPast(PastDeal past) {
        return new RowChange(CrmTable.DEALS, past.dealId(), IN_SNAPSHOT, past, null);
    }

    public static RowChange deletion(CrmTable table, long id, long committedAt) {
        return new RowChange(table, id, committedAt, null, null);
    }

    /** The row as that type; null when there is none. */
    public <R extends CrmRow> @Nullable R row(Class<R> type) {
        return type.isInstance(row) ? type.cast(row) : null;
    }

    /** What was known of it as that type; null when nothing was. */
    public <R extends CrmRow> @Nullable R before(Class<R> type) {
        return type.isInstance(before) ? type.cast(before) : null;
    }

    /**
     * Tells entities what this change is for them, when the row is a part of them: it leaves the one that it was of, changes, and comes to
     * the one that it is of. The log names neither the former nor that of a deleted row.
     *
     * @param was the part before the change; null when it was of none
     * @param is the part after it; null when it is of none
     * @param to takes an entity's id, and the change
     */
    public void ofPart(CrmRow.@Nullable Part was, CrmRow.@Nullable Part is, BiConsumer<Long, RowChange> to) {
        if (Objects.equals(was, is)) {
            return;
        }
        boolean stays = was != null && is != null && was.parentId() == is.parentId();
        if (was != null && !stays) {
            to.accept(was.parentId(), new RowChange(table, id, committedAt, null, was));
        }
        if (is != null) {
            to.accept(is.parentId(), new RowChange(table, id, committedAt, is, stays ? was : null));
        }
    }

    /** The same at another time. */
    public RowChange at(long newCommittedAt) {
        return new RowChange(table, id, newCommittedAt, row, before);
    }
}
