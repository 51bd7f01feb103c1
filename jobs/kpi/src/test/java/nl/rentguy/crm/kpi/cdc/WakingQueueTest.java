package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.pipeline.DataChangeEvent;
import io.debezium.util.LoggingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Debezium's queue with ours inside. */
@Timeout(60)
class WakingQueueTest {

    /** As long as one without ours would wait for a second event. */
    private static final Duration INTERVAL = Duration.ofHours(1);

    private static ChangeEventQueue<DataChangeEvent> queue(int most) {
        ChangeEventQueue<DataChangeEvent> queue = new ChangeEventQueue.Builder<DataChangeEvent>()
                .pollInterval(INTERVAL)
                .maxBatchSize(most - 1)
                .maxQueueSize(most)
                .loggingContextSupplier(() -> LoggingContext.forConnector("test", "test", "test"))
                .build();
        WakingQueue.use(queue);
        return queue;
    }

    private static DataChangeEvent event(int number) {
        return new DataChangeEvent(new SourceRecord(Map.of(), Map.of(), "topic", Schema.INT32_SCHEMA, number));
    }

    private static List<Object> take(ChangeEventQueue<DataChangeEvent> queue, int count) throws InterruptedException {
        List<Object> taken = new ArrayList<>();
        while (taken.size() < count) {
            for (DataChangeEvent event : queue.poll()) {
                taken.add(event.getRecord().value());
            }
        }
        return taken;
    }

    @Test
    void aSingleEventIsHandedOutWithoutAnotherOne() throws Exception {
        ChangeEventQueue<DataChangeEvent> queue = queue(1_000);
        for (int i = 0; i < 5; i++) {
            queue.enqueue(event(i));
            assertThat(take(queue, 1)).containsExactly(i);
        }
        assertThat(queue.poll()).as("what there is when nothing comes").isEmpty();
    }

    @Test
    void eventsComeInTheirOrderAlsoWhenTheQueueIsFull() throws Exception {
        ChangeEventQueue<DataChangeEvent> queue = queue(8);
        int count = 10_000;
        CompletableFuture<Void> producing = CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < count; i++) {
                    queue.enqueue(event(i));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        List<Object> taken = take(queue, count);
        producing.get(30, TimeUnit.SECONDS);
        for (int i = 0; i < count; i++) {
            assertThat(taken.get(i)).isEqualTo(i);
        }
    }

    @Test
    void whyNoMoreComeIsToldAlsoWhileOneIsWaitedFor() throws Exception {
        ChangeEventQueue<DataChangeEvent> queue = queue(1_000);
        queue.enqueue(event(0));
        assertThat(take(queue, 1)).containsExactly(0);
        assertThat(queue.poll()).isEmpty();
        queue.producerException(new IllegalStateException("the connection is cut"));
        assertThatThrownBy(() -> take(queue, 1)).hasStackTraceContaining("the connection is cut");
    }
}
