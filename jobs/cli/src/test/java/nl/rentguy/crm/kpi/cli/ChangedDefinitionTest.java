package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code crm-kpi run} that continues with other settings or other tables: from its saved state, without a snapshot, and readers have the
 * old rows until the new ones are complete.
 */
@SuppressWarnings("NullAway.Init") // set before each test
class ChangedDefinitionTest {

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
    void whatIsDerivedOtherwiseIsDerivedAnewFromSavedState() throws Exception {
        LivingCrm living = tables.companies(31, 4);
        living.seed();
        try (RunProcess first = run()) {
            await(first);
            CrmAndTables.steps(living, 300);
            await(first);
            first.stop();
        }
        CrmAndTables.steps(living, 300);
        tables.execute("""
                CREATE TABLE missed (at timestamptz);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF NOT EXISTS (SELECT FROM crm_kpi.crm_sales_velocity) THEN INSERT INTO missed VALUES (now()); END IF;
                  RETURN NULL; END $$;
                -- As readers see it: when the transaction is over.
                CREATE CONSTRAINT TRIGGER note AFTER DELETE ON crm_kpi.crm_sales_velocity
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()""");

        String[] changed = {
            "kpi.window-days=45", "kpi.sla-minutes=2", "kpi.time-zone=America/New_York", "kpi.idle-days=3"
        };
        // Killed as soon as it has begun, by and by later: before it has read, before it has a checkpoint, after it has
        // one.
        for (int run = 0; run < 3; run++) {
            int log = run;
            try (RunProcess killed = run(changed)) {
                Wait.until("it has begun", () -> killed.output().split("Flink's web interface", -1).length > log + 2);
                if (run > 0) {
                    await(killed);
                }
                CrmAndTables.steps(living, 50);
                killed.kill();
            }
        }
        try (RunProcess again = run(changed)) {
            CrmAndTables.steps(living, 200);
            await(again);
            assertEqual(changed);
            assertThat(again.output()).containsOnlyOnce("Starting anew");
            assertThat(tables.number("SELECT count(*) FROM missed")).isZero();
            again.stop();
        }
    }

    @Test
    void groupsOfTablesComeAndGo() throws Exception {
        LivingCrm living = tables.companies(32, 3);
        living.seed();
        String[] some = {"kpi.groups=pipeline,leads"};
        try (RunProcess first = run(some)) {
            await(first);
            CrmAndTables.steps(living, 200);
            await(first);
            assertEqual(some);
            assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_automation_sla"))
                    .isZero();
            first.stop();
        }
        CrmAndTables.steps(living, 200);
        try (RunProcess more = run()) {
            await(more);
            CrmAndTables.steps(living, 200);
            await(more);
            assertEqual();
            more.stop();
        }
        long visits = tables.number("SELECT count(*) FROM crm_kpi.crm_deal_stage_history");
        CrmAndTables.steps(living, 200);
        String[] others = {"kpi.groups=automation,watchlist"};
        try (RunProcess other = run(others)) {
            await(other);
            CrmAndTables.steps(living, 200);
            await(other);
            assertEqual(others);
            for (String gone : List.of("crm_sales_velocity", "crm_deals", "crm_lead_funnel", "crm_acquisition")) {
                assertThat(tables.number("SELECT count(*) FROM crm_kpi." + gone))
                        .as(gone)
                        .isZero();
            }
            assertThat(tables.number("SELECT count(*) FROM crm_kpi.crm_deal_stage_history"))
                    .as("history stays")
                    .isEqualTo(visits);
            assertThat(other.output()).containsOnlyOnce("Starting anew");
        }
    }

    private RunProcess run(String... settings) throws Exception {
        return RunProcess.setting(tables, folder, settings);
    }

    private void await(RunProcess process) throws Exception {
        process.awaitKpiTimeAfter(Instant.now(), tables);
    }

    private void assertEqual(String... settings) throws Exception {
        Configuration config = new Configuration();
        for (String setting : settings) {
            config.setString(setting.split("=", 2)[0], setting.split("=", 2)[1]);
        }
        KpiSettings by = Definitions.kpiSettings(config);
        tables.assertEqualToOracle(by);
        assertThat(tables.text("SELECT definition_version FROM crm_kpi.crm_kpi_status"))
                .isEqualTo(new Kpis(by).version());
    }
}
