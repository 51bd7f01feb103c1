package nl.rentguy.crm.kpi.operators;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import nl.rentguy.crm.kpi.cdc.RowCounts;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins what is read with how far KPI time has come into the job's status, each second by a clock of its own, so that it is told
 * also while everything before it stands still. Once after the snapshot it compares how many rows were read with how many the
 * CRM's tables have, see {@link RowCounts}.
 */
public final class StatusOperator extends AbstractStreamOperator<KpiStatus>
        implements TwoInputStreamOperator<SourceProgress, Long, KpiStatus> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(StatusOperator.class);
    private static final long REPORT_MILLIS = 1_000;
    private static final long LOG_MILLIS = 10_000;

    /** As often the status is told at the least, while it is live and nothing but time passes. */
    private static final long AT_REST_MILLIS = 5_000;

    private final RowCounts rowCounts;
    private final long liveMillis;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<SourceProgress> saved;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient SourceProgress total;

    private transient @Nullable ScheduledFuture<?> reporting;
    private transient @Nullable Long expectedRows;
    private transient @Nullable CompletableFuture<RowCounts.Counted> counting;
    private transient boolean counted;
    private transient boolean recovering;

    /** Milliseconds since the epoch, by this machine's clock. */
    private transient long startedAt;

    private transient long kpiTime;
    private transient long loggedAt;
    private transient @Nullable KpiStatus told;
    private transient long toldAt;

    /** @param liveMillis behind by more, the job is catching up */
    public StatusOperator(RowCounts rowCounts, long liveMillis) {
        this.rowCounts = rowCounts;
        this.liveMillis = liveMillis;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        saved = context.getOperatorStateStore().getListState(StateDescriptors.SOURCE_PROGRESS);
        total = SourceProgress.NONE;
        for (SourceProgress restored : saved.get()) {
            total = total.plus(restored);
        }
        kpiTime = KpiTime.NONE;
        // A job that continues was compared when it was new.
        counted = context.isRestored() && !total.isInSnapshot();
        recovering = getRuntimeContext().getTaskInfo().getAttemptNumber() > 0;
        startedAt = getProcessingTimeService().getCurrentProcessingTime();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        saved.update(List.of(total));
    }

    @Override
    public void open() throws Exception {
        super.open();
        expectedRows = total.isInSnapshot() ? rowCounts.estimate() : null;
        reporting = getProcessingTimeService().scheduleAtFixedRate(now -> report(), 0, REPORT_MILLIS);
    }

    @Override
    public void close() throws Exception {
        if (reporting != null) {
            reporting.cancel(false);
        }
        super.close();
    }

    @Override
    public void processElement1(StreamRecord<SourceProgress> more) {
        total = total.plus(more.getValue());
    }

    @Override
    public void processElement2(StreamRecord<Long> element) {
        throw new IllegalStateException("Writers send KPI time, and nothing else");
    }

    /** KPI time as far as all rows are written. */
    @Override
    public void processWatermark2(Watermark mark) {
        boolean nextSecond = Math.floorDiv(mark.getTimestamp(), REPORT_MILLIS) > Math.floorDiv(kpiTime, REPORT_MILLIS);
        kpiTime = mark.getTimestamp();
        // What made the job stop was committed before it started again, and is written when KPI time has passed that
        // moment.
        recovering &= kpiTime < startedAt;
        if (nextSecond) {
            report();
        }
    }

    @Override
    public void processWatermark1(Watermark mark) {
        // Only how far the writers are counts.
    }

    /** Whether the rows of the CRM have been counted and compared. */
    boolean isCounted() {
        return counted;
    }

    private void compareCounts() {
        if (counted || kpiTime == KpiTime.NONE) {
            return;
        }
        if (counting == null) {
            counting = CompletableFuture.supplyAsync(rowCounts::count);
        } else if (counting.isDone()) {
            RowCounts.Counted found = counting.join();
            // What was read is reported once a second: by then all reports of what was committed before have come.
            if (total.committedAt() > found.at() + 2 * REPORT_MILLIS) {
                counted = true;
                found.rows().forEach((table, rows) -> {
                    SourceProgress.TableProgress read = total.tables().get(table);
                    long known = read == null ? 0 : read.rows();
                    long changes = read == null ? 0 : read.changes();
                    if (Math.abs(rows - known) > changes) {
                        throw new SuppressRestartsException(new IllegalStateException(
                                "%s has %s rows, but the snapshot and the log together gave %s: they do not see the same rows. crm-kpi doctor may say why; then start anew with a snapshot: crm-kpi run --rebuild"
                                        .formatted(table, rows, known)));
                    }
                });
            }
        }
    }

    private @Nullable Double snapshotProgress() {
        if (!total.isInSnapshot()) {
            return 1.0;
        }
        return expectedRows == null ? null : Math.min(1.0, (double) total.snapshotRows() / Math.max(1, expectedRows));
    }

    private void logSnapshot(long now) {
        if (total.isInSnapshot() && total.snapshotRows() > 0 && now - loggedAt >= LOG_MILLIS) {
            loggedAt = now;
            Double progress = snapshotProgress();
            LOG.info(
                    "Reading the snapshot: {} rows{}",
                    String.format(Locale.ROOT, "%,d", total.snapshotRows()),
                    progress == null ? "" : String.format(Locale.ROOT, ", about %.0f %%", 100 * progress));
        }
    }

    private void report() {
        long now = getProcessingTimeService().getCurrentProcessingTime();
        compareCounts();
        logSnapshot(now);
        Health health = Health.of(total, kpiTime, now, liveMillis, recovering);
        KpiStatus status = new KpiStatus(
                health.phase(),
                health.problem(),
                kpiTime == KpiTime.NONE ? null : Instant.ofEpochMilli(kpiTime),
                total.position(),
                total.isInSnapshot() ? null : Math.max(0, now - total.committedAt()) / 1000.0,
                snapshotProgress(),
                total.read(),
                total.refused(),
                total.unknownWords());
        if (!isAtRest(status) || now - toldAt >= AT_REST_MILLIS) {
            told = status;
            toldAt = now;
            output.collect(new StreamRecord<>(status));
        }
    }

    /** Whether it is live, and says nothing that it did not say when it was last told, but for the time. */
    private boolean isAtRest(KpiStatus status) {
        return told != null
                && status.phase() == Phase.LIVE
                && told.phase() == Phase.LIVE
                && told.rowsRead() == status.rowsRead()
                && told.deadLetters() == status.deadLetters()
                && told.unknownWords().equals(status.unknownWords());
    }
}
