package nl.rentguy.crm.kpi.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.config.JobOptions.StateBackend;
import nl.rentguy.crm.kpi.job.KpiGraph;
import nl.rentguy.crm.kpi.job.KpiJob;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.contrib.streaming.state.RocksDBOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The job on a Flink cluster inside this JVM, with Flink's own web interface on the loopback interface. */
final class LocalJob implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LocalJob.class);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration NEVER = Duration.ofDays(365);
    private static final MemorySize ROCKSDB_MEMORY = MemorySize.ofMebiBytes(256);

    private final JobClient job;
    private final int uiPort;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();

    private LocalJob(JobClient job, int uiPort) {
        this.job = job;
        this.uiPort = uiPort;
    }

    /**
     * Starts the job; returns when it is submitted.
     *
     * @param saved where it is to keep its state
     * @param from the savepoint or checkpoint to continue from; empty to start anew
     */
    static LocalJob start(Configuration config, SavedState saved, Optional<Path> from, int uiPort) throws Exception {
        Configuration runtime = KpiJob.runtime();
        int parallelism = JobOptions.parallelism(config);
        runtime.set(CoreOptions.DEFAULT_PARALLELISM, parallelism);
        runtime.set(TaskManagerOptions.NUM_TASK_SLOTS, parallelism);
        MemorySize network = networkMemory(parallelism);
        runtime.set(TaskManagerOptions.NETWORK_MEMORY_MIN, network);
        runtime.set(TaskManagerOptions.NETWORK_MEMORY_MAX, network);
        state(runtime, config.get(JobOptions.STATE_BACKEND), saved);
        // None of the cluster is without the others, and a laptop that slept does not begin anew.
        runtime.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, NEVER);
        runtime.set(RestOptions.ADDRESS, "127.0.0.1");
        runtime.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        runtime.set(RestOptions.PORT, uiPort);
        runtime.set(JobManagerOptions.BIND_HOST, "127.0.0.1");
        runtime.set(TaskManagerOptions.BIND_HOST, "127.0.0.1");
        runtime.set(WebOptions.SUBMIT_ENABLE, false);
        runtime.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofMillis(500));
        // Checkpoints are on, and CheckpointPace says when.
        runtime.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, NEVER);
        runtime.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, SavedState.address(saved.checkpoints()));
        runtime.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        from.ifPresent(path -> {
            runtime.set(StateRecoveryOptions.SAVEPOINT_PATH, SavedState.address(path));
            // What it continues from is deleted once it has a checkpoint of its own.
            runtime.setString("execution.state-recovery.claim-mode", "CLAIM");
        });
        runtime.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        runtime.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF, Duration.ofSeconds(5));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(runtime);
        KpiGraph.build(env, config);
        LocalJob job = new LocalJob(env.executeAsync(config.get(JobOptions.KPI_PIPELINE_NAME)), uiPort);
        CheckpointPace.start(job, config);
        return job;
    }

    /** Each task has a channel to each task behind it. */
    private static MemorySize networkMemory(int parallelism) {
        return MemorySize.ofMebiBytes(48L + 4L * parallelism * parallelism);
    }

    private static void state(Configuration runtime, StateBackend backend, SavedState saved) {
        if (backend == StateBackend.ROCKSDB) {
            runtime.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
            runtime.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
            runtime.set(
                    RocksDBOptions.LOCAL_DIRECTORIES, saved.temporaryFolder().toString());
            runtime.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, ROCKSDB_MEMORY);
        } else {
            runtime.set(StateBackendOptions.STATE_BACKEND, "hashmap");
            runtime.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(16));
        }
    }

    String uiAddress() {
        return "http://127.0.0.1:" + uiPort;
    }

    JobStatus status() throws ExecutionException, InterruptedException {
        return job.getJobStatus().get();
    }

    /** How many change events the source has read since it last started; 0 while that is not known. */
    long eventsRead() throws IOException, InterruptedException {
        String jobPath = "/jobs/" + job.getJobID();
        for (JsonNode vertex : rest(jobPath).path("vertices")) {
            if (vertex.path("name").asText().contains("decode")) {
                String metric = "Source__crm-source.numRecordsOut";
                JsonNode values = rest("%s/vertices/%s/subtasks/metrics?get=%s&agg=sum"
                        .formatted(jobPath, vertex.path("id").asText(), metric));
                return values.path(0).path("sum").asLong();
            }
        }
        return 0;
    }

    /** When the latest checkpoint that is complete was begun; the epoch when there is none. */
    Instant lastCheckpoint() throws IOException, InterruptedException {
        return Instant.ofEpochMilli(latestCheckpoint().path("trigger_timestamp").asLong());
    }

    /** How long it took; empty when there is none. */
    Optional<Duration> lastCheckpointTook() throws IOException, InterruptedException {
        JsonNode took = latestCheckpoint().path("end_to_end_duration");
        return took.isNumber() ? Optional.of(Duration.ofMillis(took.asLong())) : Optional.empty();
    }

    private JsonNode latestCheckpoint() throws IOException, InterruptedException {
        return rest("/jobs/%s/checkpoints".formatted(job.getJobID()))
                .path("latest")
                .path("completed");
    }

    /** Asks for a checkpoint; whether one is made, the job decides: none while tasks are still starting. */
    void triggerCheckpoint() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("%s/jobs/%s/checkpoints".formatted(uiAddress(), job.getJobID())))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"checkpointType\": \"CONFIGURED\"}"))
                .build();
        try {
            http.send(request, HttpResponse.BodyHandlers.discarding());
        } catch (IOException e) {
            LOG.debug("The web interface does not answer", e);
        }
    }

    /**
     * A failure of the job.
     *
     * @param cause the innermost cause that says something, in one line
     */
    record Failure(Instant at, String cause) {}

    /** The latest failure; empty when there was none. */
    Optional<Failure> lastFailure() throws IOException, InterruptedException {
        JsonNode latest = rest("/jobs/%s/exceptions?maxExceptions=1".formatted(job.getJobID()))
                .path("exceptionHistory")
                .path("entries")
                .path(0);
        return latest.isMissingNode()
                ? Optional.empty()
                : Optional.of(new Failure(
                        Instant.ofEpochMilli(latest.path("timestamp").asLong()),
                        cause(latest.path("stacktrace").asText())));
    }

    /** What a stack trace says of its cause. */
    static String cause(String stack) {
        List<String> causes = stack.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("Caused by: ") && !line.contains("[CIRCULAR REFERENCE"))
                .toList();
        // The innermost says most, but that a server refuses is told with its address one further out, and what a
        // server says before what a sink says of it.
        String line = Stream.of("Connection to ", "PSQLException: ", "Caused by: ")
                .flatMap(text -> last(causes, text).stream())
                .findFirst()
                .orElse(stack.lines().findFirst().orElse(""));
        return line.replaceFirst("^(Caused by: )?([a-zA-Z0-9_$]+\\.)+[a-zA-Z0-9_$]+: ", "")
                .replaceFirst("\\. Check that the hostname.*$", "")
                .replaceFirst("\\.$", "");
    }

    private static Optional<String> last(List<String> lines, String with) {
        return lines.stream().filter(line -> line.contains(with)).reduce((first, second) -> second);
    }

    private JsonNode rest(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uiAddress() + path))
                .timeout(PATIENCE)
                .build();
        return json.readTree(
                http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    /** Waits until the job ends; empty when it was stopped, otherwise why it failed. */
    Optional<String> awaitEnd() throws InterruptedException {
        try {
            job.getJobExecutionResult().get();
            return Optional.empty();
        } catch (ExecutionException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            LOG.error("The job has ended. {}", cause.getMessage(), e);
            return Optional.of(String.valueOf(cause.getMessage()));
        }
    }

    /** Stops the job with a savepoint; empty when that did not succeed in time. */
    Optional<String> stopWithSavepoint(SavedState saved) {
        try {
            return Optional.of(
                    job.stopWithSavepoint(false, SavedState.address(saved.savepoints()), SavepointFormatType.CANONICAL)
                            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException | IllegalStateException e) {
            LOG.warn("No savepoint: {}", e.toString());
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Cancels the job and waits until it has ended. */
    @Override
    public void close() {
        // Ctrl-C arrives as an interruption, and the job is to be ended all the same.
        boolean interrupted = Thread.interrupted();
        try {
            job.cancel().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            job.getJobExecutionResult().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | IllegalStateException e) {
            LOG.debug("The job has ended as cancelled, or had ended before", e);
        } catch (TimeoutException e) {
            LOG.warn("The job did not end within {}", PATIENCE);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
