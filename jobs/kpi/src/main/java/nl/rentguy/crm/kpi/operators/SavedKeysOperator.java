package nl.rentguy.crm.kpi.operators;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.SimpleTimerService;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * A keyed function that can look at every key of the state it is restored from, before anything else comes. A watermark that many timers
 * wait for is told to them in portions, between which barriers and what comes behind it pass: the first one is told to every key there is.
 */
public final class SavedKeysOperator<K, I, O> extends KeyedProcessOperator<K, I, O> {

    private static final long serialVersionUID = 1;

    /** Under this name {@link KeyedProcessOperator} keeps its timers. */
    private static final String TIMERS = "user-timers";

    /** One element passes between two portions. */
    private static final int TIMERS_OF_PORTION = 50;

    /** What looks at them. */
    abstract static class Function<K, I, O> extends KeyedProcessFunction<K, I, O> {

        private static final long serialVersionUID = 1;

        /** In which states a key may be that is to be looked at; none, when none is. Asked after {@link #open(OpenContext)}. */
        abstract List<StateDescriptor<?, ?>> savedKeysOf();

        /** Looks at a key, once for each of those states that has it. The function's states are that key's. */
        abstract void savedKey(K key, TimerService timers) throws Exception;

        /** Called when a watermark has come, before it is told to any key. */
        void comes(Watermark mark) {}

        /** Called when it has been told to all keys. */
        void passed(Watermark mark) {}

        /** Whether barriers and what comes behind a watermark may pass while it is being told to keys. */
        boolean isInterruptible() {
            return true;
        }
    }

    private final Function<K, I, O> function;
    private final int portion;

    @SuppressWarnings("NullAway.Init") // set before it is opened
    private transient MailboxExecutor mailbox;

    /** The watermark that is being told; null when none is. */
    private transient @Nullable Watermark told;

    /** The newest one that has come meanwhile; null when none has. All tasks have to begin with the same one. */
    private transient @Nullable Watermark next;

    public SavedKeysOperator(Function<K, I, O> function) {
        this(function, TIMERS_OF_PORTION);
    }

    /** @param portion how many timers are told a watermark at once */
    SavedKeysOperator(Function<K, I, O> function, int portion) {
        super(function);
        this.function = function;
        this.portion = portion;
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
    public void setMailboxExecutor(MailboxExecutor executor) {
        super.setMailboxExecutor(executor);
        mailbox = executor;
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (told != null) {
            next = mark;
            return;
        }
        begin(mark);
        tell(portion);
    }

    private void begin(Watermark mark) {
        told = mark;
        function.comes(mark);
    }

    /** Tells watermarks to so many timers, and to the others later. */
    private void tell(int most) throws Exception {
        AtomicInteger fired = new AtomicInteger();
        while (told != null) {
            Watermark mark = told;
            boolean toAll = getTimeServiceManager()
                    .orElseThrow()
                    .tryAdvanceWatermark(mark, () -> function.isInterruptible() && fired.incrementAndGet() >= most);
            if (!toAll) {
                mailbox.execute(MailboxExecutor.MailOptions.deferrable(), () -> tell(portion), "timers of %s", mark);
                return;
            }
            told = null;
            function.passed(mark);
            output.emitWatermark(mark);
            if (next != null) {
                begin(next);
                next = null;
            }
        }
    }

    @Override
    public void finish() throws Exception {
        tell(Integer.MAX_VALUE);
        super.finish();
    }
}
