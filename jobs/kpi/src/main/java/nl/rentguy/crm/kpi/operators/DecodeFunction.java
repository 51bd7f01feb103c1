package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RefusedException;
import nl.rentguy.crm.kpi.cdc.RowDecoder;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decodes raw changes; what cannot be decoded goes to {@link #DEAD_LETTERS}, counted. */
public final class DecodeFunction extends ProcessFunction<RawChange, RowChange> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(DecodeFunction.class);

    public static final OutputTag<DeadLetter> DEAD_LETTERS = new OutputTag<>("dead-letters", StreamTypes.DEAD_LETTER);

    @SuppressWarnings("NullAway.Init") // set in open
    private transient Counter refusals;

    @Override
    public void open(OpenContext context) {
        refusals = getRuntimeContext().getMetricGroup().counter("dead_letters");
    }

    @Override
    public void processElement(RawChange raw, Context context, Collector<RowChange> out) {
        try {
            RowDecoder.decode(raw).ifPresent(out::collect);
        } catch (RefusedException e) {
            refusals.inc();
            LOG.warn("Refused a change event: {}", e.explanation());
            context.output(DEAD_LETTERS, DeadLetter.of(raw, e));
        }
    }
}
