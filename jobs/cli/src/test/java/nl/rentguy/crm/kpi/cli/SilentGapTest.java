package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.cdc.ChangeEventDeserializer;
import nl.rentguy.crm.kpi.cdc.RawChange;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.cdc.connectors.postgres.source.PostgresSourceBuilder;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why the slot is checked: Flink CDC itself goes on without a word when its slot was dropped, and what was committed since is lost. */
@SuppressWarnings("NullAway.Init") // set before each test
class SilentGapTest {

    private static final List<String> SEEN = new CopyOnWriteArrayList<>();

    @TempDir
    private Path folder;

    /** Notes the workflow of every run that arrives. */
    private static final class Note extends ProcessFunction<RawChange, RawChange> {
        private static final long serialVersionUID = 1;

        @Override
        public void processElement(RawChange change, Context context, Collector<RawChange> out) {
            SEEN.add(String.valueOf(change.column("workflow_id")));
        }
    }

    private static JobClient start(CrmAndTables tables, Path folder, String from) throws Exception {
        Configuration runtime = new Configuration();
        runtime.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
        runtime.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                folder.resolve("checkpoints").toUri().toString());
        if (!from.isEmpty()) {
            runtime.set(StateRecoveryOptions.SAVEPOINT_PATH, from);
        }
        Properties debezium = new Properties();
        debezium.setProperty("publication.name", "crm_kpi");
        debezium.setProperty("publication.autocreate.mode", "disabled");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(runtime);
        env.setParallelism(1);
        env.fromSource(
                        PostgresSourceBuilder.PostgresIncrementalSource.<RawChange>builder()
                                .hostname("127.0.0.1")
                                .port(tables.crmPort())
                                .database("postgres")
                                .schemaList("public")
                                .tableList("public.crm_automation_runs")
                                .username("postgres")
                                .password("")
                                .slotName("bare")
                                .decodingPluginName("pgoutput")
                                .debeziumProperties(debezium)
                                .deserializer(new ChangeEventDeserializer(CaptureSpec.of(new Configuration())))
                                .build(),
                        WatermarkStrategy.noWatermarks(),
                        "source")
                .uid("source")
                .process(new Note())
                .uid("note");
        return env.executeAsync();
    }

    @Test
    void withoutTheCheckTheGapIsSilent() throws Exception {
        try (CrmAndTables tables = CrmAndTables.create(folder)) {
            tables.insertRun("in-snapshot", Instant.now());
            JobClient first = start(tables, folder, "");
            Wait.until("the snapshot is read", () -> SEEN.contains("in-snapshot"));
            tables.insertRun("streamed", Instant.now());
            Wait.until("the log is read", () -> SEEN.contains("streamed"));
            String savepoint = first.stopWithSavepoint(
                            false, folder.resolve("savepoint").toUri().toString(), SavepointFormatType.CANONICAL)
                    .get(1, TimeUnit.MINUTES);
            Wait.until(
                    "the slot is free",
                    () -> tables.number("SELECT count(*) FROM pg_replication_slots WHERE active") == 0);
            tables.execute("SELECT pg_drop_replication_slot('bare')");
            tables.insertRun("in-the-gap", Instant.now());

            JobClient second = start(tables, folder, savepoint);
            Wait.until(
                    "the slot is back",
                    () -> tables.number("SELECT count(*) FROM pg_replication_slots WHERE active") == 1);
            tables.insertRun("afterwards", Instant.now());
            Wait.until("the log is read on", () -> SEEN.contains("afterwards"));
            assertThat(SEEN).doesNotContain("in-the-gap");
            second.cancel().get(1, TimeUnit.MINUTES);
        }
    }
}
