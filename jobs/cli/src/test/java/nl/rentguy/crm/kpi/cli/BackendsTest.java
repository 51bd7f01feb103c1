package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.config.Definitions;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code crm-kpi run} with its state elsewhere, and shared out to more tasks and fewer. */
@SuppressWarnings("NullAway.Init") // set before each test
class BackendsTest {

    private static final String ROCKSDB = "state.backend=rocksdb";

    @TempDir
    private Path folder;

    private CrmAndTables tables;

    @BeforeEach
    void start() throws Exception {
        tables = CrmAndTables.create(folder);
    }

    @AfterEach
    void stop() throws Exception {
        tables.close();
    }

    @Test
    void onDiskItEndsAsInMemory() throws Exception {
        LivingCrm living = tables.companies(41, 3);
        living.seed();
        try (RunProcess first = run(ROCKSDB)) {
            await(first);
            CrmAndTables.steps(living, 300);
            await(first);
            Wait.until(
                    "a checkpoint is there",
                    () -> new SavedState(folder.resolve("state")).newest().isPresent());
            first.kill();
        }
        CrmAndTables.steps(living, 300);
        try (RunProcess inMemory = run()) {
            assertThat(inMemory.awaitEnd()).isEqualTo(2);
            assertThat(inMemory.output())
                    .contains("state.backend is 'heap'", "with state.backend = rocksdb and stop it");
        }
        try (RunProcess second = run(ROCKSDB)) {
            await(second);
            CrmAndTables.steps(living, 300);
            await(second);
            tables.assertEqualToOracle();
            second.stop();
        }
        CrmAndTables.steps(living, 200);
        try (RunProcess inMemory = run()) {
            await(inMemory);
            tables.assertEqualToOracle();
            inMemory.stop();
        }
        try (RunProcess changed = run(ROCKSDB, "kpi.window-days=60")) {
            CrmAndTables.steps(living, 200);
            await(changed);
            tables.assertEqualToOracle(Definitions.kpiSettings(Configuration.fromMap(Map.of("kpi.window-days", "60"))));
            assertThat(changed.output()).containsOnlyOnce("Starting anew");
        }
    }

    @Test
    void tasksMayBeMoreAndFewer() throws Exception {
        LivingCrm living = tables.companies(42, 4);
        living.seed();
        for (int tasks : new int[] {1, 4, 8}) {
            try (RunProcess run = run("state.parallelism=" + tasks, "kpi.writers=" + Math.max(1, tasks / 2))) {
                await(run);
                CrmAndTables.steps(living, 300);
                await(run);
                tables.assertEqualToOracle();
                if (tasks == 4) {
                    run.kill();
                } else {
                    run.stop();
                }
            }
            CrmAndTables.steps(living, 200);
        }
    }

    private RunProcess run(String... settings) throws Exception {
        return RunProcess.setting(tables, folder, settings);
    }

    private void await(RunProcess process) throws Exception {
        process.awaitKpiTimeAfter(Instant.now(), tables);
    }
}
