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

    private final ChangeEventQueue<DataChangeEvent> lock;
    private final Field failure;
    private final ArrayDeque<DataChangeEvent> events = new ArrayDeque<>();
    private @Nullable Thread taker;
    private long takenAt;

    /**
     * @param lock the queue that keeps its events here
     * @param failure its field that says why no more will come
     */
    private WakingQueue(ChangeEventQueue<DataChangeEvent> lock, Field failure) {
        this.lock = lock;
        this.failure = failure;
    }

    /**
     * Makes Debezium's queue one of these. For this three of its fields are opened; a test sees that they are there.
     *
     * @param queue without any event
     */
    static void use(ChangeEventQueue<DataChangeEvent> queue) {
        try {
            opened("queue").set(queue, new WakingQueue(queue, opened("producerException")));
            opened("pollInterval").set(queue, Duration.ofMillis(TOGETHER_MILLIS));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Debezium's queue is not as it was", e);
        }
    }

    private static Field opened(String name) throws NoSuchFieldException {
        Field field = ChangeEventQueue.class.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    @Override
    public boolean offer(DataChangeEvent event) {
        if (events.isEmpty()) {
            lock.notifyAll();
        }
        return events.offer(event);
    }

    /**
     * How many there are, which is what the taker asks first: there may be one in a moment.
     *
     * @throws RuntimeException when none are left and no more will come, as Debezium's queue does before its time has passed
     */
    @Override
    public int size() {
        if (events.isEmpty() && Thread.currentThread() == taker && Thread.holdsLock(lock)) {
            throwFailure();
            awaitOne(System.nanoTime() - takenAt < TOGETHER_NANOS ? TOGETHER_MILLIS : AT_REST_MILLIS);
        }
        return events.size();
    }

    private void throwFailure() {
        try {
            if (failure.get(lock) instanceof RuntimeException why) {
                throw why;
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("the field has been opened", e);
        }
    }

    @SuppressWarnings("WaitNotInLoop") // whoever asks comes again
    private void awaitOne(long millis) {
        try {
            lock.wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
