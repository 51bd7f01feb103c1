package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.AutomationRun.Status;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.engine.Measures;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/**
 * While a watermark is told to timers in portions, changes, later watermarks and checkpoints come between. Whatever does: when a watermark
 * goes on, all sums up to it are those of an operator that is not interrupted.
 */
class PortionsTest {

    private static final long TICK = 20;
    private static final Instant CREATED = Instant.parse("2026-11-22T12:00:00Z");
    private static final long BEGIN = CREATED.plusSeconds(60).toEpochMilli();
    private static final List<Status> STATUSES = List.of(Status.values());
    private static final int RUNS = 12;
    private static final int STEPS = 40;

    /** An operator and all that it has sent. */
    private static final class Run implements AutoCloseable {
        private final int portion;
        private final List<Object> sent = new ArrayList<>();
        private KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness;

        Run(int portion) throws Exception {
            this.portion = portion;
            this.harness = harness();
            harness.open();
        }

        private KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> harness() throws Exception {
            KeyedOneInputStreamOperatorTestHarness<EntityId, EntityChange, Delta> made =
                    new KeyedOneInputStreamOperatorTestHarness<>(
                            new SavedKeysOperator<>(new EntityFunction(KpiSettings.DEFAULTS, TICK), portion),
                            EntityChange::entity,
                            StreamTypes.ENTITY_ID);
            made.setup(StreamTypes.DELTA.createSerializer(new SerializerConfigImpl()));
            return made;
        }

        void change(EntityChange change) throws Exception {
            harness.processElement(change, change.change().committedAt());
            take();
        }

        void watermark(long time) throws Exception {
            harness.processWatermark(time);
            take();
        }

        /** Tells the next portion. */
        boolean goesOn() throws Exception {
            var mail = harness.getTaskMailbox().tryTake(TaskMailbox.MIN_PRIORITY);
            if (mail.isPresent()) {
                mail.get().run();
                take();
            }
            return mail.isPresent();
        }

        void restore() throws Exception {
            OperatorSubtaskState saved = harness.snapshot(1, 1);
            harness.close();
            harness = harness();
            harness.initializeState(saved);
            harness.open();
        }

        private void take() {
            sent.addAll(harness.getOutput());
            harness.getOutput().clear();
        }

        Object firstWatermark() {
            return sent.stream().filter(Watermark.class::isInstance).findFirst().orElseThrow();
        }

        /** By each watermark that went on: the sums up to it. */
        Map<Long, Map<AccumulatorKey, Measures>> sums() {
            Map<Long, Map<AccumulatorKey, Measures>> byWatermark = new TreeMap<>();
            List<Delta> deltas = new ArrayList<>();
            for (Object each : sent) {
                if (each instanceof Watermark mark) {
                    Map<AccumulatorKey, Measures> sums = new HashMap<>();
                    deltas.stream()
                            .filter(delta -> KpiTime.roundUp(delta.at(), TICK) <= mark.getTimestamp())
                            .forEach(delta -> sums.merge(delta.key(), delta.measures(), Measures::plus));
                    sums.values().removeIf(Measures::isZero);
                    byWatermark.put(mark.getTimestamp(), sums);
                } else if (each instanceof StreamRecord<?> record) {
                    deltas.add((Delta) record.getValue());
                }
            }
            return byWatermark;
        }

        @Override
        public void close() throws Exception {
            harness.close();
        }
    }

    private static EntityChange run(long id, Status status, long committedAt) {
        Instant created = CREATED.plusSeconds(id);
        return EntityChange.ofOwnRow(RowChange.of(
                new AutomationRun(
                        id,
                        "mrdj",
                        null,
                        "w",
                        status,
                        created,
                        status == Status.COMPLETED ? created.plusSeconds(5) : null),
                committedAt));
    }

    @Property
    void allSumsUpToAWatermarkAreThereWhenItGoesOn(@ForAll Random choice) throws Exception {
        try (Run whole = new Run(Integer.MAX_VALUE);
                Run inPortions = new Run(1 + choice.nextInt(RUNS))) {
            for (int id = 1; id <= RUNS; id++) {
                EntityChange change = run(id, Status.OPEN, RowChange.IN_SNAPSHOT);
                whole.change(change);
                inPortions.change(change);
            }
            long now = BEGIN;
            boolean isRestored = false;
            for (int i = 0; i < STEPS; i++) {
                switch (choice.nextInt(5)) {
                    case 0, 1 -> {
                        Status status = STATUSES.get(choice.nextInt(STATUSES.size()));
                        EntityChange change = run(1 + choice.nextInt(2 * RUNS), status, now + 1 + choice.nextInt(30));
                        whole.change(change);
                        inPortions.change(change);
                    }
                    case 2 -> {
                        now += choice.nextInt(4) == 0 ? Duration.ofMinutes(9).toMillis() : choice.nextInt(50);
                        whole.watermark(now);
                        inPortions.watermark(now);
                    }
                    case 3 -> inPortions.goesOn();
                    default -> {
                        if (choice.nextInt(4) == 0) {
                            isRestored = true;
                            whole.restore();
                            inPortions.restore();
                        }
                    }
                }
            }
            whole.watermark(now + 1);
            inPortions.watermark(now + 1);
            while (inPortions.goesOn()) {
                // Until all are told.
            }
            Map<Long, Map<AccumulatorKey, Measures>> expected = whole.sums();
            assertThat(inPortions.sums()).isNotEmpty().allSatisfy((mark, sums) -> assertThat(sums)
                    .as("at %d", mark - BEGIN)
                    .isEqualTo(expected.get(mark)));
            assertThat(inPortions.sums()).containsKey(now + 1);
            if (!isRestored) {
                assertThat(inPortions.firstWatermark())
                        .as("with which others begin")
                        .isEqualTo(whole.firstWatermark());
            }
        }
    }
}
