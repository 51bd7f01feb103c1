package nl.rentguy.crm.kpi.operators;

import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.SimpleTimerService;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;

/** A keyed function that can look at every key of the state it is restored from, before anything else comes. */
public final class SavedKeysOperator<K, I, O> extends KeyedProcessOperator<K, I, O> {

    private static final long serialVersionUID = 1;

    /** Under this name {@link KeyedProcessOperator} keeps its timers. */
    private static final String TIMERS = "user-timers";

    /** What looks at them. */
    abstract static class Function<K, I, O> extends KeyedProcessFunction<K, I, O> {

        private static final long serialVersionUID = 1;

        /** In which states a key may be that is to be looked at; none, when none is. Asked after {@link #open(OpenContext)}. */
        abstract List<StateDescriptor<?, ?>> savedKeysOf();

        /** Looks at a key, once for each of those states that has it. The function's states are that key's. */
        abstract void savedKey(K key, TimerService timers) throws Exception;

        /** Called when a watermark has come, and has been told to all keys. */
        void passed(Watermark mark) {}
    }

    private final Function<K, I, O> function;

    public SavedKeysOperator(Function<K, I, O> function) {
        super(function);
        this.function = function;
    }

    @Override
    public void open() throws Exception {
        super.open();
        TimerService timers =
                new SimpleTimerService(getInternalTimerService(TIMERS, VoidNamespaceSerializer.INSTANCE, this));
        for (StateDescriptor<?, ?> state : function.savedKeysOf()) {
            lookAtAll(state, timers);
        }
    }

    private <S extends State, T> void lookAtAll(StateDescriptor<S, T> of, TimerService timers) throws Exception {
        this.<K>getKeyedStateBackend()
                .applyToAllKeys(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        of,
                        (key, state) -> function.savedKey(key, timers));
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        super.processWatermark(mark);
        function.passed(mark);
    }
}
