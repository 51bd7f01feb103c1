package nl.rentguy.crm.kpi.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import nl.rentguy.crm.kpi.config.JobOptions;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;

/** What the job on a cluster sets, and what it leaves to the cluster. */
class KpiJobTest {

    private static long interval(Configuration cluster, Configuration config) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(cluster);
        KpiJob.checkpoints(env, config);
        return env.getCheckpointInterval();
    }

    @Test
    void stateIsSavedAsOftenAsTheClusterSaysAndOtherwiseAsTheOptionDoes() {
        Configuration config = new Configuration();
        assertThat(interval(new Configuration(), config)).isEqualTo(5_000);
        config.set(JobOptions.STATE_CHECKPOINT_INTERVAL, Duration.ofSeconds(42));
        assertThat(interval(new Configuration(), config)).isEqualTo(42_000);
        Configuration cluster = new Configuration();
        cluster.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(7));
        assertThat(interval(cluster, config)).isEqualTo(7_000);
    }
}
