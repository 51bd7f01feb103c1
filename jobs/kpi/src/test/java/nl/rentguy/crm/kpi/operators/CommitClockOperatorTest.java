package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.cdc.RawChangeType;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.operators.LogReaders.LogIsRead;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.executiongraph.ExecutionAttemptID;
import org.apache.flink.runtime.messages.Acknowledge;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator.SubtaskGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When KPI time begins and passes, and which task says so. */
@SuppressWarnings("NullAway.Init") // set before each test
class CommitClockOperatorTest {

    private static final long NOW = 1_795_348_800_000L;

    private final List<OperatorEvent> told = new ArrayList<>();
    private long logPosition = 500;
    private @Nullable Instant writtenUntil;
    private OneInputStreamOperatorTestHarness<RawChange, RawChange> harness;

    @BeforeEach
    void open() throws Exception {
        harness = harness();
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    private OneInputStreamOperatorTestHarness<RawChange, RawChange> harness() throws Exception {
        OneInputStreamOperatorTestHarness<RawChange, RawChange> made = new OneInputStreamOperatorTestHarness<>(
                new CommitClockOperator(() -> logPosition, () -> writtenUntil, told::add));
        made.getExecutionConfig().setAutoWatermarkInterval(10);
        made.setProcessingTime(NOW);
        made.setup(RawChangeType.INSTANCE.createSerializer(new SerializerConfigImpl()));
        return made;
    }

    private void read(long position, long committedAt) throws Exception {
        long micros = committedAt == RowChange.IN_SNAPSHOT ? RowChange.IN_SNAPSHOT : committedAt * 1_000;
        Operation operation = micros == RowChange.IN_SNAPSHOT ? Operation.READ : Operation.UPDATE;
        harness.processElement(new RawChange("crm_deals", operation, position, micros, Map.of()), -1);
    }

    /** What came out since the last time: KPI times of changes as numbers, marks as they are. */
    private List<Object> out() {
        List<Object> out = new ArrayList<>();
        for (Object element : harness.getOutput()) {
            out.add(element instanceof StreamRecord<?> record ? record.getTimestamp() : element);
        }
        harness.getOutput().clear();
        return out;
    }

    @Test
    void kpiTimeBeginsWhenTheLogHasPassedTheSnapshot() throws Exception {
        read(0, RowChange.IN_SNAPSHOT);
        harness.setProcessingTime(NOW + 10);
        assertThat(out()).containsExactly(RowChange.IN_SNAPSHOT);
        read(499, NOW + 8);
        harness.setProcessingTime(NOW + 20);
        assertThat(out()).as("committed while the snapshot was read").containsExactly(NOW + 8);
        read(500, NOW + 15);
        harness.setProcessingTime(NOW + 30);
        harness.setProcessingTime(NOW + 40);
        assertThat(out()).containsExactly(NOW + 15, new Watermark(NOW + 14));
    }

    @Test
    void afterARestoreKpiTimeGoesOnWhereItWas() throws Exception {
        read(499, NOW);
        read(500, NOW + 1);
        OperatorSubtaskState saved = harness.snapshot(1, 1);
        harness.close();
        harness = harness();
        harness.initializeState(saved);
        harness.open();
        harness.setProcessingTime(NOW + 100);
        assertThat(out()).as("another task may read the log").isEmpty();
        read(400, NOW - 5);
        harness.setProcessingTime(NOW + 110);
        assertThat(out()).containsExactly(NOW + 1, new Watermark(NOW));
    }

    @Test
    void farBehindKpiTimeGoesOnTwiceASecond() throws Exception {
        read(500, NOW - 60_000);
        harness.setProcessingTime(NOW + 10);
        read(501, NOW - 50_000);
        harness.setProcessingTime(NOW + 500);
        assertThat(out()).containsExactly(NOW - 60_000, new Watermark(NOW - 61_000), NOW - 50_000);
        harness.setProcessingTime(NOW + 510);
        assertThat(out()).containsExactly(new Watermark(NOW - 51_000));
    }

    @Test
    void whatIsReadAgainCountsExactlyHoweverFarBehind() throws Exception {
        writtenUntil = Instant.ofEpochMilli(NOW - 50_000);
        read(500, NOW - 59_990);
        read(501, NOW - 50_000);
        read(502, NOW - 49_990);
        assertThat(out()).containsExactly(NOW - 59_990, NOW - 50_000, NOW - 49_000);
    }

    @Test
    void aTaskIsIdleWhenItKnowsThatTheLogIsReadElsewhereAndNotBefore() throws Exception {
        harness.processWatermarkStatus(WatermarkStatus.IDLE);
        harness.processWatermark(Watermark.MAX_WATERMARK);
        harness.setProcessingTime(NOW + 1_000);
        assertThat(out()).isEmpty();
        ((CommitClockOperator) harness.getOperator()).handleOperatorEvent(new LogIsRead());
        assertThat(out()).containsExactly(WatermarkStatus.IDLE);
    }

    @Test
    void whoeverReadsTheLogTellsItOnce() throws Exception {
        read(0, RowChange.IN_SNAPSHOT);
        assertThat(told).isEmpty();
        read(499, NOW);
        read(500, NOW);
        assertThat(told).containsExactly(new LogIsRead());
    }

    @Test
    void allOthersLearnOfItWheneverTheyStart() {
        List<Integer> informed = new ArrayList<>();
        LogReaders readers = new LogReaders();
        readers.executionAttemptReady(0, 0, gateway(0, informed));
        readers.executionAttemptReady(1, 0, gateway(1, informed));
        readers.handleEventFromOperator(1, 0, new LogIsRead());
        assertThat(informed).containsExactly(0);
        readers.executionAttemptReady(2, 0, gateway(2, informed));
        assertThat(informed).containsExactly(0, 2);
        readers.subtaskReset(1, 7);
        readers.executionAttemptReady(1, 1, gateway(1, informed));
        assertThat(informed).as("nobody reads it yet").containsExactly(0, 2);
        readers.handleEventFromOperator(0, 1, new LogIsRead());
        assertThat(informed).containsExactly(0, 2, 1, 2);
    }

    private static SubtaskGateway gateway(int subtask, List<Integer> informed) {
        return new SubtaskGateway() {
            @Override
            public CompletableFuture<Acknowledge> sendEvent(OperatorEvent event) {
                informed.add(subtask);
                return CompletableFuture.completedFuture(Acknowledge.get());
            }

            @Override
            public ExecutionAttemptID getExecution() {
                return ExecutionAttemptID.randomId();
            }

            @Override
            public int getSubtask() {
                return subtask;
            }
        };
    }
}
