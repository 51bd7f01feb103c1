package nl.rentguy.crm.kpi.benchmarks;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import nl.rentguy.crm.kpi.cdc.CrmSource;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The job's own source into a sink that only counts, as a process of its own: how fast any job on this source could be. Prints what it
 * has read ten times a second, see {@link Progress}.
 */
final class BareSource {

    private static final AtomicLong ROWS = new AtomicLong();
    private static final AtomicLong CHANGES = new AtomicLong();
    private static final AtomicLong POSITION = new AtomicLong();
    private static final PrintStream OUT = System.out;
    private static final Duration EVERY = Duration.ofMillis(100);

    /**
     * What was read so far.
     *
     * @param at when that was seen
     * @param rows of the snapshot
     * @param changes of the log, beats included
     * @param position in the log of the newest of them, 0 before the first
     */
    record Progress(Instant at, long rows, long changes, long position) {

        @Override
        public String toString() {
            return "progress %s %d %d %d".formatted(at, rows, changes, position);
        }

        static boolean isIn(String line) {
            return line.startsWith("progress ");
        }

        static Progress of(String line) {
            String[] parts = line.split(" ", -1);
            return new Progress(
                    Instant.parse(parts[1]),
                    Long.parseLong(parts[2]),
                    Long.parseLong(parts[3]),
                    Long.parseLong(parts[4]));
        }
    }

    private BareSource() {}

    /** @param arguments address of the CRM's database, name of a slot */
    public static void main(String[] arguments) throws Exception {
        Configuration config = JobConfig.load(
                null,
                Map.of(),
                List.of(
                        "crm.jdbc-url=" + arguments[0],
                        "kpi.jdbc-url=" + arguments[0],
                        "kpi.username=postgres",
                        "cdc.slot-name=" + arguments[1]));
        Configuration runtime = new Configuration();
        runtime.set(CoreOptions.DEFAULT_PARALLELISM, 2);
        runtime.set(TaskManagerOptions.NUM_TASK_SLOTS, 2);
        runtime.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, config.get(JobOptions.STATE_CHECKPOINT_INTERVAL));
        // It is held by a signal, and goes on as the job does.
        runtime.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofDays(1));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(runtime);
        env.fromSource(CrmSource.of(config), WatermarkStrategy.noWatermarks(), "source")
                .sinkTo(new Counting());
        env.executeAsync("bare source");
        while (true) {
            OUT.println(new Progress(Instant.now(), ROWS.get(), CHANGES.get(), POSITION.get()));
            TimeUnit.NANOSECONDS.sleep(EVERY.toNanos());
        }
    }

    /** Counts in this JVM, where all of the cluster is. */
    private static final class Counting implements Sink<RawChange> {

        private static final long serialVersionUID = 1;

        @Override
        @Deprecated
        public SinkWriter<RawChange> createWriter(InitContext context) {
            throw new UnsupportedOperationException("Flink calls the other method");
        }

        @Override
        public SinkWriter<RawChange> createWriter(WriterInitContext context) {
            return new SinkWriter<>() {
                @Override
                public void write(RawChange change, Context context) {
                    if (change.isInSnapshot()) {
                        ROWS.incrementAndGet();
                    } else {
                        CHANGES.incrementAndGet();
                        POSITION.accumulateAndGet(change.position(), Math::max);
                    }
                }

                @Override
                public void flush(boolean endOfInput) {
                    // Nothing is held back.
                }

                @Override
                public void close() {
                    // Nothing is open.
                }
            };
        }
    }
}
