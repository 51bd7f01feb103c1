package nl.rentguy.crm.kpi.operators;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import nl.rentguy.crm.kpi.definition.Definition;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriter.Batch;
import nl.rentguy.crm.kpi.store.KpiWriter.Begins;
import nl.rentguy.crm.kpi.store.PendingRows;
import nl.rentguy.crm.kpi.store.TableRow;
import nl.rentguy.crm.kpi.store.TableTakenException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.runtime.execution.SuppressRestartsException;
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
    private static final long PROGRESS_MILLIS = 2_000;

    private final long tickMillis;
    private final KpiWriter writer;
    private final int index;
    private final int writers;
    private final MailboxExecutor mailbox;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<TableRow> pendingState;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<WriterState> writerState;

    @SuppressWarnings("NullAway.Init") // set in initializeState
    private transient ListState<Definition> definitionState;

    private final PendingRows pending = new PendingRows();
    private final ExecutorService thread;

    /** What is being written; null when nothing is. */
    private @Nullable Batch writing;

    /** Of which tenants and tables nothing has been written yet. */
    private Begins begins = Begins.ALL;

    private final Definition definition;

    /** Who has written before, as the saved state tells. */
    private final Set<WriterState> before = new LinkedHashSet<>();

    private boolean restored;
    private long holdUntil = KpiTime.NONE;
    private long watermark = KpiTime.NONE;
    private long writtenUntil = KpiTime.NONE;

    /** KPI time of the first rows there are; {@link KpiTime#NONE} when it is not known. */
    private long firstTick = KpiTime.NONE;

    /**
     * That all rows of a share of the tenants had been written.
     *
     * @param definition by what they were derived
     */
    public record WriterState(int writer, int writers, Definition definition) {

        boolean has(String tenant) {
            return KpiWriter.shareOf(tenant, writers) == writer;
        }
    }

    /** @param definition by what the rows are derived */
    WriteOperator(
            long tickMillis, Definition definition, KpiWriter writer, int index, int writers, MailboxExecutor mailbox) {
        this.tickMillis = tickMillis;
        this.definition = definition;
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
        definitionState = context.getOperatorStateStore().getUnionListState(StateDescriptors.DEFINITION);
        Set<String> kept = definition.goingOnFrom(definitionState.get());
        for (TableRow row : pendingState.get()) {
            if (KpiWriter.shareOf(row.tenant(), writers) == index && kept.contains(row.table())) {
                pending.add(row);
            }
        }
        writerState.get().forEach(before::add);
        begins = begins();
    }

    /** What has been written of a tenant some earlier writer has written, by a definition that derives it like this one. */
    private Begins begins() {
        Map<WriterState, Set<String>> written = new HashMap<>();
        before.forEach(state -> written.put(state, state.definition().sharedWith(definition)));
        Map<Integer, Set<Integer>> complete = new HashMap<>();
        written.forEach((state, tables) -> {
            if (tables.size() == definition.kpis().size()) {
                complete.computeIfAbsent(state.writers(), shares -> new HashSet<>())
                        .add(state.writer());
            }
        });
        if (complete.entrySet().stream().anyMatch(shares -> shares.getValue().size() == shares.getKey())) {
            return Begins.NONE;
        }
        return (tenant, table) -> written.entrySet().stream()
                .noneMatch(state ->
                        state.getValue().contains(table) && state.getKey().has(tenant));
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
        definitionState.update(List.of(definition));
        writerState.update(
                begins == Begins.NONE ? List.of(new WriterState(index, writers, definition)) : List.copyOf(before));
    }

    @Override
    public void open() throws Exception {
        super.open();
        Instant until = takeOver();
        if (restored && until != null) {
            holdUntil = until.toEpochMilli();
            LOG.info("Rows are held until KPI time has passed {}, which is written", until);
        }
        getMetricGroup().gauge("rows_refused", writer::refused);
    }

    /** What was saved would be held until the next checkpoint: of a first publication that is every row. */
    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        pendingState.clear();
    }

    private @Nullable Instant takeOver() throws SQLException {
        try {
            return writer.open();
        } catch (TableTakenException e) {
            // No restart would mend it.
            throw new SuppressRestartsException(e);
        }
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
        if (begins != Begins.NONE) {
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
        begins = Begins.NONE;
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
