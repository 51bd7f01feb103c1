package nl.rentguy.crm.kpi.cdc;

import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.pipeline.DataChangeEvent;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Wakes whoever takes change events when there is one. Debezium's own queue is asked every few milliseconds, as it hands out single events
 * only when that time has passed, and for the last millisecond of each it asks without a pause: a sixth of a core while nothing happens.
 *
 * <p>It is what Debezium's queue keeps its events in, and so is used under that queue's lock alone, which a wait gives up.
 */
final class WakingQueue extends AbstractQueue<DataChangeEvent> {

    /** While nothing comes, so often the taker may see that it is to end. */
    private static final long AT_REST_MILLIS = 100;

    /** So long after the last one more are waited for, to go together. */
    private static final long TOGETHER_MILLIS = 1;

    private static final long TOGETHER_NANOS = Duration.ofMillis(2).toNanos();

    private final Object lock;
    private final ArrayDeque<DataChangeEvent> events = new ArrayDeque<>();
    private @Nullable Thread taker;
    private long takenAt;

    private WakingQueue(Object lock) {
        this.lock = lock;
    }

    /**
     * Makes Debezium's queue one of these. For this two of its fields are opened; a test sees that they are there.
     *
     * @param queue without any event
     */
    static void use(ChangeEventQueue<DataChangeEvent> queue) {
        try {
            set(queue, "queue", new WakingQueue(queue));
            set(queue, "pollInterval", Duration.ofMillis(TOGETHER_MILLIS));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Debezium's queue is not as it was", e);
        }
    }

    private static void set(ChangeEventQueue<?> queue, String name, Object value) throws ReflectiveOperationException {
        Field field = ChangeEventQueue.class.getDeclaredField(name);
        field.setAccessible(true);
        field.set(queue, value);
    }

    @Override
    public boolean offer(DataChangeEvent event) {
        if (events.isEmpty()) {
            lock.notifyAll();
        }
        return events.offer(event);
    }

    /** How many there are, which is what the taker asks first: there may be one in a moment. */
    @Override
    @SuppressWarnings("WaitNotInLoop") // whoever asks comes again
    public int size() {
        if (events.isEmpty() && Thread.currentThread() == taker && Thread.holdsLock(lock)) {
            try {
                lock.wait(System.nanoTime() - takenAt < TOGETHER_NANOS ? TOGETHER_MILLIS : AT_REST_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return events.size();
    }

    @Override
    public @Nullable DataChangeEvent poll() {
        taker = Thread.currentThread();
        takenAt = System.nanoTime();
        return events.poll();
    }

    @Override
    public @Nullable DataChangeEvent peek() {
        return events.peek();
    }

    @Override
    public Iterator<DataChangeEvent> iterator() {
        return events.iterator();
    }
}
