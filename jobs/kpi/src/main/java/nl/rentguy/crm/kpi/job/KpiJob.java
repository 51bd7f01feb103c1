package nl.rentguy.crm.kpi.job;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Submits the job to the cluster it is started on: {@code --config job.properties}, then {@code --set key=value}. */
public final class KpiJob {

    private KpiJob() {}

    public static void main(String[] args) throws Exception {
        // Numbers in settings and addresses are written in these digits, whatever the machine's language.
        Locale.setDefault(Locale.ROOT);
        Path file = null;
        List<String> settings = new ArrayList<>();
        for (int i = 0; i < args.length; i += 2) {
            String value = i + 1 < args.length ? args[i + 1] : "";
            switch (args[i]) {
                case "--config" -> file = Path.of(value);
                case "--set" -> settings.add(value);
                default ->
                    throw new ConfigException(
                            "There is no argument '%s'; expected --config FILE or --set KEY=VALUE".formatted(args[i]));
            }
        }
        Configuration config = JobConfig.load(file, System.getenv(), settings);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(runtime());
        checkpoints(env, config);
        KpiGraph.build(env, config);
        env.execute(config.get(JobOptions.KPI_PIPELINE_NAME));
    }

    /** As often as the cluster says, and otherwise as {@code state.checkpoint-interval} does. */
    static void checkpoints(StreamExecutionEnvironment env, Configuration config) {
        if (!env.getCheckpointConfig().isCheckpointingEnabled()) {
            // Without checkpoints Flink CDC never goes on from the snapshot to the log.
            env.enableCheckpointing(JobOptions.atLeastAMillisecond(JobOptions.STATE_CHECKPOINT_INTERVAL, config)
                    .toMillis());
        }
    }

    /** What the job needs of Flink wherever it runs: field by field serialization, pinned ids, a fine clock. */
    public static Configuration runtime() {
        Configuration runtime = new Configuration();
        runtime.set(PipelineOptions.GENERIC_TYPES, false);
        runtime.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        runtime.set(PipelineOptions.OBJECT_REUSE, true);
        runtime.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ofMillis(20));
        // Each record is sent at once: changes wait for nothing, and no threads wake to see whether one has to go.
        runtime.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ZERO);
        // Sums need each change exactly once, and the log must not overtake rows of the snapshot that are still under
        // way.
        runtime.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        runtime.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
        // Saved state is full of names that stand in it again and again.
        runtime.set(ExecutionOptions.SNAPSHOT_COMPRESSION, true);
        return runtime;
    }
}
