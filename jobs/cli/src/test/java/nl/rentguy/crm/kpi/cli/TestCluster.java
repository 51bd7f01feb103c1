package nl.rentguy.crm.kpi.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import nl.rentguy.crm.kpi.job.KpiGraph;
import nl.rentguy.crm.kpi.job.KpiJob;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The job on a mini cluster whose task managers can be killed. */
final class TestCluster implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TestCluster.class);

    private final MiniCluster cluster;
    private final JobID job;

    private TestCluster(MiniCluster cluster, JobID job) {
        this.cluster = cluster;
        this.job = job;
    }

    static TestCluster start(Configuration config, Path checkpoints, Duration checkpointInterval) throws Exception {
        Configuration runtime = KpiJob.runtime();
        runtime.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointInterval);
        runtime.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        runtime.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        runtime.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, Integer.MAX_VALUE);
        runtime.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(500));
        runtime.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        runtime.set(RestOptions.BIND_PORT, "0");
        runtime.set(JobManagerOptions.BIND_HOST, "127.0.0.1");
        runtime.set(TaskManagerOptions.BIND_HOST, "127.0.0.1");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(runtime);
        env.setParallelism(2);
        KpiGraph.build(env, config);
        JobGraph graph = env.getStreamGraph().getJobGraph();
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(runtime)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(2)
                .build());
        cluster.start();
        cluster.submitJob(graph).get();
        return new TestCluster(cluster, graph.getJobID());
    }

    /** Makes a checkpoint now; none while tasks are still starting. */
    void checkpoint() throws Exception {
        try {
            cluster.triggerCheckpoint(job, CheckpointType.FULL).get();
        } catch (ExecutionException e) {
            LOG.debug("Not all tasks run yet", e);
        }
    }

    long completedCheckpoints() throws Exception {
        return cluster.getExecutionGraph(job)
                .get()
                .getCheckpointStatsSnapshot()
                .getCounts()
                .getNumberOfCompletedCheckpoints();
    }

    /** Ends the only task manager without a word to it, and brings up another. */
    void killTaskManager() throws Exception {
        cluster.terminateTaskManager(0).get();
        cluster.startTaskManager();
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }
}
