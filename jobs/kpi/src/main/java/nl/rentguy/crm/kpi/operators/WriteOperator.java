package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriter.Batch;
import nl.rentguy.crm.kpi.store.PendingRows;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows once KPI time has passed them, those of all tables in one transaction, and sends KPI time on when it is in the database.
 * While one transaction is under way KPI time may go on: the next one is as long as it has to be. Checkpoints wait for none of them, as
 * all rows that are not known to be written are saved.
 *
 * <p>After a restore the rows between the checkpoint and what an earlier attempt has written come again, and are held back until KPI
 * time has passed the latter: nobody sees an older figure, or a row again that is gone.
 */
public final class WriteOperator extends AbstractStreamOperator<Long>
        implements OneInputStreamOperator<TableRow, Long> {

    private static final long serialVersionUID = 1;

    /** As often KPI time is written though no row changes. */
    private static final long PROGRESS_MILLIS = 1_000;

    private final long tickMillis;
    private final KpiWriter writer;
    private final int index;
    private final int writers;
    private final MailboxExecutor mailbox;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<TableRow> pendingState;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<WriterState> writerState;

    private final PendingRows pending = new PendingRows();
    private final ExecutorService thread;

    /** What is being written; null when nothing is. */
    private @Nullable Batch writing;

    /** Tenants of which nothing has been written yet. */
    private Predicate<String> begins = KpiWriter.ALL_BEGIN;

    private boolean restored;
    private long holdUntil = KpiTime.NONE;
    private long watermark = KpiTime.NONE;
    private long writtenUntil = KpiTime.NONE;

    /** KPI time of the first rows there are; {@link KpiTime#NONE} when it is not known. */
    private long firstTick = KpiTime.NONE;

    /**
     * That writer, when the state was saved.
     *
     * @param hasBegun whether it had written anything
     */
    public record WriterState(int writer, int writers, boolean hasBegun) {}

    WriteOperator(long tickMillis, KpiWriter writer, int index, int writers, MailboxExecutor mailbox) {
        this.tickMillis = tickMillis;
        this.writer = writer;
        this.index = index;
        this.writers = writers;
        this.mailbox = mailbox;
        this.thread = Executors.newSingleThreadExecutor(task -> {
            Thread daemon = new Thread(task, "writer " + index);
            daemon.setDaemon(true);
            return daemon;
        });
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        // Each writer learns of all others': after a change of their number tenants are in other shares.
        pendingState = context.getOperatorStateStore().getUnionListState(StateDescriptors.PENDING_ROWS);
        writerState = context.getOperatorStateStore().getUnionListState(StateDescriptors.WRITERS);
        restored = context.isRestored();
        for (TableRow row : pendingState.get()) {
            if (KpiWriter.shareOf(row.tenant(), writers) == index) {
                pending.add(row);
            }
        }
        if (restored) {
            begins = begins(writerState.get());
        }
    }

    private static Predicate<String> begins(Iterable<WriterState> states) {
        Set<Integer> notBegun = new HashSet<>();
        int before = 1;
        for (WriterState state : states) {
            before = state.writers();
            if (!state.hasBegun()) {
                notBegun.add(state.writer());
            }
        }
        int shares = before;
        return notBegun.isEmpty()
                ? KpiWriter.NONE_BEGINS
                : tenant -> notBegun.contains(KpiWriter.shareOf(tenant, shares));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        List<TableRow> rows = new ArrayList<>();
        Batch unsure = writing;
        if (unsure != null) {
            rows.addAll(unsure.rows());
        }
        rows.addAll(pending.all());
        pendingState.update(rows);
        writerState.update(List.of(new WriterState(index, writers, begins == KpiWriter.NONE_BEGINS)));
    }

    @Override
    public void open() throws Exception {
        super.open();
        Instant until = writer.open();
        if (restored && until != null) {
            holdUntil = until.toEpochMilli();
            LOG.info("Rows are held until KPI time has passed {}, which is written", until);
        }
        getMetricGroup().gauge("rows_refused", writer::refused);
    }

    @Override
    public void processElement(StreamRecord<TableRow> element) {
        pending.add(element.getValue());
    }

    @Override
    public void processWatermark(Watermark mark) {
        watermark = mark.getTimestamp();
        writeWhatIsDue();
    }

    private void writeWhatIsDue() {
        if (writing != null || watermark == KpiTime.NONE) {
            return;
        }
        long until = KpiTime.roundDown(watermark, tickMillis);
        if (begins != KpiWriter.NONE_BEGINS) {
            if (firstTick == KpiTime.NONE) {
                // What was there before KPI time is evaluated at the first tick behind the first watermark.
                firstTick = KpiTime.roundUp(watermark + 1, tickMillis);
                LOG.info("KPI time begins at {}", Instant.ofEpochMilli(firstTick));
            }
            if (until < firstTick) {
                return;
            }
        }
        if (until < holdUntil) {
            pending.compact(until);
            return;
        }
        if (until <= writtenUntil) {
            return;
        }
        List<TableRow> rows = pending.takeUntil(until);
        if (rows.isEmpty() && until - PROGRESS_MILLIS < writtenUntil) {
            return;
        }
        Batch batch = new Batch(rows, until, begins);
        writing = batch;
        thread.execute(() -> write(batch));
    }

    private void write(Batch batch) {
        @Nullable Exception failure = null;
        try {
            writer.write(batch);
        } catch (Exception e) {
            failure = e;
        }
        Exception why = failure;
        try {
            mailbox.execute(() -> written(batch, why), "rows are written");
        } catch (RejectedExecutionException e) {
            LOG.debug("The task has ended", e);
        }
    }

    private void written(Batch batch, @Nullable Exception failure) throws IOException {
        if (failure != null) {
            throw new IOException("Cannot write KPI rows: " + failure.getMessage(), failure);
        }
        writing = null;
        begins = KpiWriter.NONE_BEGINS;
        writtenUntil = batch.until();
        output.emitWatermark(new Watermark(writtenUntil));
        writeWhatIsDue();
    }

    @Override
    public void close() throws Exception {
        thread.shutdownNow();
        writer.close();
        super.close();
    }
}
