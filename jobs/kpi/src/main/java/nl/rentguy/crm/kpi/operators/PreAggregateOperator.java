package nl.rentguy.crm.kpi.operators;

import java.util.LinkedHashMap;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.engine.Measures;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Adds up deltas of the same accumulator and tick before they are sent on, so that one hot tenant costs its key one delta per
 * tick and task instead of one per change. Holds no state: everything is sent before a watermark and before a checkpoint.
 */
public final class PreAggregateOperator extends AbstractStreamOperator<Delta>
        implements OneInputStreamOperator<Delta, Delta> {

    private static final long serialVersionUID = 1;
    private static final int MOST_HELD = 20_000;

    private record KeyAtTick(AccumulatorKey key, long tick) {}

    private final long tickMillis;

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Map<KeyAtTick, Measures> held;

    /** @param tickMillis the step of KPI time at which rows are published; deltas count from the next one on */
    public PreAggregateOperator(long tickMillis) {
        this.tickMillis = tickMillis;
        setChainingStrategy(ChainingStrategy.ALWAYS);
    }

    @Override
    public void open() throws Exception {
        super.open();
        held = new LinkedHashMap<>();
    }

    @Override
    public void processElement(StreamRecord<Delta> element) {
        Delta delta = element.getValue();
        long tick = KpiTime.roundUp(delta.at(), tickMillis);
        held.merge(new KeyAtTick(delta.key(), tick), delta.measures(), Measures::plus);
        if (held.size() >= MOST_HELD) {
            sendAll();
        }
    }

    @Override
    public void processWatermark(Watermark watermark) throws Exception {
        sendAll();
        super.processWatermark(watermark);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) {
        sendAll();
    }

    @Override
    public void finish() throws Exception {
        sendAll();
        super.finish();
    }

    private void sendAll() {
        held.forEach((at, measures) -> {
            if (!measures.isZero()) {
                output.collect(new StreamRecord<>(new Delta(at.key(), at.tick(), measures)));
            }
        });
        held.clear();
    }
}
