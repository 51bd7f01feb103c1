package nl.rentguy.crm.kpi.operators;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RowDecoder;
import nl.rentguy.crm.kpi.cdc.RowDecoder.Decoded;
import nl.rentguy.crm.kpi.cdc.UndecodableChangeException;
import nl.rentguy.crm.kpi.crm.StatusWords;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes raw changes, each of which has its KPI time as its timestamp, for the entities whose rows changed; what cannot be decoded goes to
 * {@link #DEAD_LETTERS}, counted. Reports once a second, and before each checkpoint, what was read since, see {@link #PROGRESS}.
 *
 * <p>Each heartbeat tells what the publication covered when it was written. When something that is needed fell out of it,
 * changes are missing from the log, and the job ends: no restart would mend it.
 */
public final class DecodeOperator extends AbstractStreamOperator<EntityChange>
        implements OneInputStreamOperator<RawChange, EntityChange> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(DecodeOperator.class);
    private static final long REPORT_MILLIS = 1_000;

    public static final OutputTag<DeadLetter> DEAD_LETTERS = new OutputTag<>("dead-letters", StreamTypes.DEAD_LETTER);

    public static final OutputTag<SourceProgress> PROGRESS = new OutputTag<>("progress", StreamTypes.SOURCE_PROGRESS);

    private final CaptureSpec captured;
    private final StatusWords words;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Counter refusals;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient RowDecoder decoder;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient ReadTally unreported;

    private transient @Nullable ScheduledFuture<?> reporting;

    public DecodeOperator(CaptureSpec captured, StatusWords words) {
        this.captured = captured;
        this.words = words;
        setChainingStrategy(ChainingStrategy.ALWAYS);
    }

    @Override
    public void open() throws Exception {
        super.open();
        refusals = getMetricGroup().counter("dead_letters");
        decoder = new RowDecoder(captured, words);
        unreported = new ReadTally();
        reporting = getProcessingTimeService().scheduleAtFixedRate(now -> report(), REPORT_MILLIS, REPORT_MILLIS);
    }

    @Override
    public void processElement(StreamRecord<RawChange> element) {
        RawChange raw = element.getValue();
        if (raw.table().equals(CaptureSpec.HEARTBEAT)) {
            checkPublication(raw);
            unreported.beat(raw);
            return;
        }
        if (raw.operation() == RawChange.Operation.TRUNCATE) {
            // Which rows went is not in the log, so no restart would mend it.
            throw new SuppressRestartsException(new IllegalStateException(
                    "%s was truncated in the CRM, and its log does not tell which rows went. Start anew with a snapshot: crm-kpi run --rebuild; and let the CRM use DELETE"
                            .formatted(raw.table())));
        }
        try {
            Optional<Decoded> decoded = decoder.decode(raw);
            if (decoded.isPresent()) {
                decoded.get().setAside().forEach(e -> setAside(raw, e));
                unreported.row(raw, false, decoded.get().unknownStatus());
                output.collect(element.replace(
                        EntityChange.ofOwnRow(decoded.get().change().at(element.getTimestamp()))));
            }
        } catch (UndecodableChangeException e) {
            setAside(raw, e);
            unreported.row(raw, true, null);
        }
    }

    private void setAside(RawChange raw, UndecodableChangeException why) {
        refusals.inc();
        LOG.warn("Set aside: {}", why.explanation());
        output.collect(DEAD_LETTERS, new StreamRecord<>(DeadLetter.of(raw, why, captured)));
    }

    private void checkPublication(RawChange beat) {
        String covered = beat.column(CaptureSpec.HEARTBEAT_COVERED);
        if (beat.isInSnapshot() || covered == null) {
            return;
        }
        List<String> missing = captured.missing(Arrays.asList(covered.split(",", -1)));
        if (!missing.isEmpty()) {
            throw new SuppressRestartsException(new IllegalStateException(
                    "The CRM's publication no longer covers %s, which the KPIs need, with all changes of plain tables, so changes are missing from its log. Put them back, as sql/crm/cdc.sql has it; then start anew with a snapshot: crm-kpi run --rebuild"
                            .formatted(String.join(", ", missing))));
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) {
        report();
    }

    @Override
    public void finish() throws Exception {
        report();
        super.finish();
    }

    @Override
    public void close() throws Exception {
        if (reporting != null) {
            reporting.cancel(false);
        }
        super.close();
    }

    private void report() {
        output.collect(PROGRESS, new StreamRecord<>(unreported.take()));
    }
}
