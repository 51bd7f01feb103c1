package nl.rentguy.crm.kpi.operators;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import nl.rentguy.crm.kpi.cdc.SnapshotSize;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.co.CoProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins what is read with how far KPI time has come into the job's status, about once a second, and logs how the snapshot
 * goes on.
 */
public final class StatusFunction extends CoProcessFunction<SourceProgress, Long, KpiStatus>
        implements CheckpointedFunction {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(StatusFunction.class);
    private static final long REPORT_MILLIS = 900;
    private static final long LOG_MILLIS = 10_000;

    private final SnapshotSize snapshotSize;
    private final long liveMillis;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<SourceProgress> saved;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient SourceProgress total;

    private transient @Nullable Long expectedRows;
    private transient long kpiTime;
    private transient long reportedAt;
    private transient long loggedAt;

    /** @param liveMillis behind by more, the job is catching up */
    public StatusFunction(SnapshotSize snapshotSize, long liveMillis) {
        this.snapshotSize = snapshotSize;
        this.liveMillis = liveMillis;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        saved = context.getOperatorStateStore().getListState(StateDescriptors.SOURCE_PROGRESS);
        total = SourceProgress.NONE;
        for (SourceProgress restored : saved.get()) {
            total = total.plus(restored);
        }
        kpiTime = KpiTime.NONE;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        saved.update(List.of(total));
    }

    @Override
    public void open(OpenContext context) {
        expectedRows = inSnapshot() ? snapshotSize.estimate() : null;
    }

    @Override
    public void processElement1(SourceProgress more, Context context, Collector<KpiStatus> out) {
        total = total.plus(more);
        long now = context.timerService().currentProcessingTime();
        if (inSnapshot() && total.snapshotRows() > 0 && now - loggedAt >= LOG_MILLIS) {
            loggedAt = now;
            Double progress = snapshotProgress();
            LOG.info(
                    "Reading the snapshot: {} rows{}",
                    String.format(Locale.ROOT, "%,d", total.snapshotRows()),
                    progress == null ? "" : String.format(Locale.ROOT, ", about %.0f %%", 100 * progress));
        }
        if (now - reportedAt >= REPORT_MILLIS) {
            report(now, out);
        }
    }

    @Override
    public void processElement2(Long newKpiTime, Context context, Collector<KpiStatus> out) {
        kpiTime = newKpiTime;
        report(context.timerService().currentProcessingTime(), out);
    }

    private boolean inSnapshot() {
        return total.committedAt() == RowChange.IN_SNAPSHOT;
    }

    private @Nullable Double snapshotProgress() {
        if (!inSnapshot()) {
            return 1.0;
        }
        return expectedRows == null ? null : Math.min(1.0, (double) total.snapshotRows() / Math.max(1, expectedRows));
    }

    private void report(long now, Collector<KpiStatus> out) {
        reportedAt = now;
        Phase phase = inSnapshot() ? Phase.SNAPSHOT : now - kpiTime > liveMillis ? Phase.CATCHING_UP : Phase.LIVE;
        out.collect(new KpiStatus(
                kpiTime == KpiTime.NONE && !inSnapshot() ? Phase.CATCHING_UP : phase,
                kpiTime == KpiTime.NONE ? null : Instant.ofEpochMilli(kpiTime),
                total.position(),
                inSnapshot() ? null : Math.max(0, now - total.committedAt()) / 1000.0,
                snapshotProgress(),
                total.snapshotRows() + total.changes(),
                total.deadLetters()));
    }
}
