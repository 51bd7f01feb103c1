package nl.rentguy.crm.kpi.operators;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledFuture;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.CommitClock;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.operators.LogReaders.LogIsRead;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.jspecify.annotations.Nullable;

/**
 * Gives each change its KPI time, as its timestamp, and lets KPI time pass, as watermarks. One task reads the log and does so; all
 * others go idle when {@link LogReaders} has told them that it is read elsewhere, and not before: a task that is taken for idle while
 * its changes are under way would be overtaken by KPI time.
 *
 * <p>KPI time begins when the log has caught up with the snapshot. Chunks of it are read one after the other while the CRM lives, and
 * the log is then read from the oldest of them on: until it has passed the newest, some rows are ahead of others. All have been read
 * when the first change of the log comes, so KPI time begins with the first change that is written after that. After a restore it
 * follows the log at once.
 */
public final class CommitClockOperator extends AbstractStreamOperator<RawChange>
        implements OneInputStreamOperator<RawChange, RawChange>, OperatorEventHandler {

    private static final long serialVersionUID = 1;

    /** Far behind, KPI time goes on twice a second: each time costs all tasks a round. */
    private static final long STEP_MILLIS = 500;

    private static final long WARN_MILLIS = 60_000;

    private static final long NO_LOG_YET = Long.MAX_VALUE;
    private static final long BEGUN = Long.MIN_VALUE;

    private final Callable<Long> logPosition;
    private final Callable<@Nullable Instant> writtenUntil;
    private final OperatorEventGateway others;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<State> saved;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient CommitClock clock;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Counter tooFarAhead;

    private transient @Nullable ScheduledFuture<?> passing;

    /** Position in the log at which KPI time begins. */
    private transient long beginsAt;

    private transient boolean readsLog;
    private transient long emitted = KpiTime.NONE;
    private transient long emittedAt;
    private transient long warnedAt;

    /**
     * What a task saves.
     *
     * @param latest see {@link CommitClock.State}
     * @param latestWhole likewise
     * @param beginsAt position in the log at which KPI time begins
     */
    public record State(long latest, long latestWhole, long beginsAt) {}

    /**
     * @param logPosition how far the CRM's log has come
     * @param writtenUntil KPI time until which rows are published, by whichever attempt; null when none are
     * @param others where to tell the other tasks
     */
    CommitClockOperator(
            Callable<Long> logPosition, Callable<@Nullable Instant> writtenUntil, OperatorEventGateway others) {
        this.logPosition = logPosition;
        this.writtenUntil = writtenUntil;
        this.others = others;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        // Each task learns of all others': the log may be read by another task after a restore.
        saved = context.getOperatorStateStore().getUnionListState(StateDescriptors.COMMIT_CLOCK);
        CommitClock.State latest = new CommitClock().state();
        beginsAt = NO_LOG_YET;
        for (State state : saved.get()) {
            if (state.latest() >= latest.latest()) {
                latest = new CommitClock.State(state.latest(), state.latestWhole());
            }
            beginsAt = Math.min(beginsAt, state.beginsAt());
        }
        clock = new CommitClock(latest);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        CommitClock.State state = clock.state();
        saved.update(List.of(new State(state.latest(), state.latestWhole(), beginsAt)));
    }

    @Override
    public void open() throws Exception {
        super.open();
        tooFarAhead = getMetricGroup().counter("commits_too_far_ahead");
        long interval = getExecutionConfig().getAutoWatermarkInterval();
        passing = getProcessingTimeService().scheduleAtFixedRate(now -> pass(now), interval, interval);
    }

    @Override
    public void close() throws Exception {
        if (passing != null) {
            passing.cancel(false);
        }
        super.close();
    }

    @Override
    public void processElement(StreamRecord<RawChange> element) throws Exception {
        RawChange change = element.getValue();
        if (change.isInSnapshot()) {
            element.setTimestamp(RowChange.IN_SNAPSHOT);
        } else {
            if (!readsLog) {
                begin();
            }
            if (change.position() >= beginsAt) {
                beginsAt = BEGUN;
            }
            element.setTimestamp(kpiTime(change));
        }
        output.collect(element);
    }

    private void begin() throws Exception {
        readsLog = true;
        others.sendEventToCoordinator(new LogIsRead());
        if (beginsAt == NO_LOG_YET) {
            beginsAt = logPosition.call();
            LOG.info("The snapshot is read; KPI time begins when the log has passed it");
        }
        Instant until = writtenUntil.call();
        if (until != null) {
            clock.readBefore(until.toEpochMilli());
        }
    }

    private long kpiTime(RawChange change) {
        long now = getProcessingTimeService().getCurrentProcessingTime();
        if (CommitClock.isTooFarAhead(change.committedAt(), now)) {
            tooFarAhead.inc();
            if (now - warnedAt >= WARN_MILLIS) {
                warnedAt = now;
                LOG.warn(
                        "A commit of the CRM is of {}, which is too far after this machine's clock, {}: it counts from now on",
                        Instant.ofEpochMilli(change.committedAt()),
                        Instant.ofEpochMilli(now));
            }
        }
        return clock.read(change.committedAt(), now);
    }

    private void pass(long now) {
        if (!readsLog || beginsAt != BEGUN || clock.passed() <= emitted) {
            return;
        }
        if (now - clock.latest() <= CommitClock.BEHIND.toMillis() || now - emittedAt >= STEP_MILLIS) {
            emitted = clock.passed();
            emittedAt = now;
            output.emitWatermark(new Watermark(emitted));
        }
    }

    @Override
    public void handleOperatorEvent(OperatorEvent event) {
        output.emitWatermarkStatus(WatermarkStatus.IDLE);
    }

    @Override
    public void processWatermark(Watermark mark) {
        // Such as the last one, when the job is drained. The CRM's time has not come to its end, and no window is to
        // close for that.
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) {
        // Only whoever knows that the log is read elsewhere is idle.
    }
}
