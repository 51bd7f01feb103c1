package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The CRM's owner changes tables while the job runs. */
@SuppressWarnings("NullAway.Init") // set before each test
class SchemaChangeTest {

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
    void columnsThatNoKpiNeedsMayComeGoAndChangeAndNeededOnesMayWiden() throws Exception {
        LivingCrm living = tables.companies(41, 2);
        living.seed();
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.execute("""
                    ALTER TABLE crm_deals ADD COLUMN mood text NOT NULL DEFAULT 'good';
                    ALTER TABLE crm_leads DROP COLUMN phone;
                    ALTER TABLE crm_activities RENAME COLUMN payload TO details;
                    ALTER TABLE crm_automation_runs ALTER COLUMN context TYPE text""");
            tables.workInCrm(30);
            // PostgreSQL changes no type of a column that a publication lists, or that a view reads.
            tables.execute("""
                    BEGIN;
                    DROP VIEW oracle.deals, oracle.deal_leads, oracle.brought;
                    ALTER PUBLICATION crm_kpi DROP TABLE crm_deals;
                    ALTER TABLE crm_deals ALTER COLUMN id TYPE bigint, ALTER COLUMN value TYPE numeric(16, 2),
                      ALTER COLUMN currency TYPE text;
                    ALTER PUBLICATION crm_kpi ADD TABLE crm_deals (id, tenant_id, lead_id, pipeline_id, stage_id, title, value,
                      currency, expected_close, probability, status, created_at, updated_at);
                    COMMIT""");
            tables.execute(Oracle.sql("oracle/rows.sql"));
            tables.reconnect();
            tables.workInCrm(30);
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.assertEqualToOracle();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ALTER TABLE crm_deals DROP COLUMN probability CASCADE       | crm_deals.probability
            ALTER TABLE crm_deals RENAME COLUMN probability TO chance   | crm_deals.probability
            ALTER PUBLICATION crm_kpi DROP TABLE crm_automation_runs    | crm_automation_runs.status
            """)
    void aNeededColumnThatGoesStopsTheJobBeforeAnythingWrongIsPublished(String change, String missing)
            throws Exception {
        LivingCrm living = tables.companies(42, 2);
        living.seed();
        try (RunProcess job = RunProcess.on(tables, folder)) {
            job.awaitKpiTimeAfter(Instant.now(), tables);
            tables.execute("""
                    CREATE TABLE before AS SELECT stage_id, currency, weighted_value FROM crm_kpi.crm_pipeline_velocity""");
            tables.execute(change);
            tables.execute("UPDATE crm_deals SET updated_at = now()");
            assertThat(job.awaitEnd()).isEqualTo(1);
            assertThat(job.output()).contains("no longer", missing, "sql/crm/cdc.sql", "--rebuild");
            assertThat(tables.number("""
                            SELECT count(*) FROM crm_kpi.crm_pipeline_velocity v JOIN before b USING (stage_id, currency)
                            WHERE v.weighted_value <> b.weighted_value""")).as("wrong rows").isZero();
        }
        try (RunProcess again = RunProcess.on(tables, folder)) {
            assertThat(again.awaitEnd())
                    .as("the checks before the start refuse too")
                    .isEqualTo(2);
            assertThat(again.output()).contains("error", missing);
        }
    }
}
