package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.doctor.Doctor;
import nl.rentguy.crm.kpi.doctor.Doctor.Start;
import nl.rentguy.crm.kpi.doctor.Finding;
import nl.rentguy.crm.kpi.doctor.Finding.Severity;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Each thing that can be wrong with the databases is found, and is no longer found when it was mended. */
@SuppressWarnings("NullAway.Init") // set before all tests
class DoctorTest {

    @TempDir
    private static Path folder;

    private static CrmAndTables tables;

    @BeforeAll
    static void start() throws Exception {
        tables = CrmAndTables.create(folder);
        tables.executeKpi(nl.rentguy.crm.kpi.audit.Oracle.sql("kpi/roles.sql"));
        tables.executeKpi("""
                DROP TABLE went_back; DROP FUNCTION watch_as_of CASCADE;
                ALTER SCHEMA crm_kpi OWNER TO crm_kpi_writer;
                DO $$ DECLARE made regclass; BEGIN
                  FOR made IN SELECT oid FROM pg_class WHERE relnamespace = 'crm_kpi'::regnamespace AND relkind IN ('r', 'v') LOOP
                    EXECUTE format('ALTER TABLE %s OWNER TO crm_kpi_writer', made);
                  END LOOP; END $$""");
    }

    @AfterAll
    static void stop() throws Exception {
        tables.close();
    }

    private static Configuration config(String... settings) {
        List<String> all = new java.util.ArrayList<>(
                List.of("crm.jdbc-url=" + tables.jdbcUrl(), "kpi.jdbc-url=" + tables.kpiUrl()));
        all.addAll(List.of(settings));
        return JobConfig.load(null, Map.of(), all);
    }

    private static List<Finding> notOk(Start start, String... settings) {
        return Doctor.examine(config(settings), start).stream()
                .filter(finding -> finding.severity() != Severity.OK)
                .toList();
    }

    @Test
    void theOwnersScriptsLeaveNothingToSay() {
        assertThat(notOk(Start.AGAIN)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            ALTER ROLE crm_kpi_cdc NOREPLICATION                      | ERROR   | CRM role may replicate           | ALTER ROLE crm_kpi_cdc REPLICATION
            REVOKE SELECT (status) ON crm_deals FROM crm_kpi_cdc      | ERROR   | CRM role may read                | GRANT SELECT ("status") ON crm_deals TO crm_kpi_cdc
            GRANT SELECT (email) ON crm_leads TO crm_kpi_cdc          | WARNING | CRM role's other rights          | REVOKE SELECT (email) ON crm_leads FROM crm_kpi_cdc
            ALTER PUBLICATION crm_kpi RENAME TO other                 | ERROR   | CRM publication                  | ALTER PUBLICATION other RENAME TO crm_kpi
            ALTER PUBLICATION crm_kpi SET (publish = 'insert')        | ERROR   | CRM publication                  | ALTER PUBLICATION crm_kpi SET (publish = 'insert, update, delete, truncate')
            ALTER PUBLICATION crm_kpi DROP TABLE crm_leads            | ERROR   | CRM publication covers           | ALTER PUBLICATION crm_kpi ADD TABLE crm_leads (id, tenant_id, source, created_at)
            ALTER PUBLICATION crm_kpi ADD TABLE crm_other             | WARNING | CRM publication's other columns  | ALTER PUBLICATION crm_kpi DROP TABLE crm_other
            ALTER TABLE crm_deals REPLICA IDENTITY FULL               | ERROR   | CRM replica identity             | ALTER TABLE crm_deals REPLICA IDENTITY DEFAULT
            ALTER TABLE crm_deals RENAME status TO state              | ERROR   | CRM columns                      | ALTER TABLE crm_deals RENAME state TO status
            ALTER TABLE crm_kpi_heartbeat RENAME covered TO c         | ERROR   | CRM heartbeat table              | ALTER TABLE crm_kpi_heartbeat RENAME c TO covered
            REVOKE UPDATE ON crm_kpi_heartbeat FROM crm_kpi_cdc       | ERROR   | CRM heartbeat                    | GRANT UPDATE ON crm_kpi_heartbeat TO crm_kpi_cdc
            SELECT pg_create_logical_replication_slot('crm_kpi', 'pgoutput')   | WARNING | CRM retained log        | SELECT pg_drop_replication_slot('crm_kpi')
            SELECT pg_create_physical_replication_slot('crm_kpi')     | ERROR   | CRM slot                         | SELECT pg_drop_replication_slot('crm_kpi')
            ALTER PUBLICATION crm_kpi SET (publish = 'insert, update, delete') | ERROR | CRM publication               | ALTER PUBLICATION crm_kpi SET (publish = 'insert, update, delete, truncate')
            ALTER TABLE crm_deals ENABLE ROW LEVEL SECURITY           | ERROR   | CRM row security                 | ALTER TABLE crm_deals DISABLE ROW LEVEL SECURITY
            ALTER TABLE crm_other INHERIT crm_pipelines               | ERROR   | CRM plain tables                 | ALTER TABLE crm_other NO INHERIT crm_pipelines
            CREATE TYPE crm_empty AS ENUM ()                          | ERROR   | CRM enum types                   | DROP TYPE crm_empty
            ALTER DATABASE postgres SET timezone = 'Europe/Amsterdam' | WARNING | CRM time zone                    | ALTER DATABASE postgres SET timezone = 'UTC'
            ALTER ROLE crm_kpi_cdc SET timezone = 'Asia/Kolkata'      | WARNING | CRM time zone                    | ALTER ROLE crm_kpi_cdc RESET timezone
            ALTER DATABASE postgres RESET timezone                    | WARNING | CRM time zone                    | ALTER DATABASE postgres SET timezone = 'UTC'
            INSERT INTO crm_leads (tenant_id, name, created_at) VALUES ('m', 'n', now() + interval '2 hours') | WARNING | CRM instants | DELETE FROM crm_leads
            INSERT INTO crm_pipelines (id, tenant_id, name) VALUES (77, 'm', 'p'); INSERT INTO crm_pipeline_stages (id, pipeline_id, name, "order") VALUES (77, 77, 's', 1); INSERT INTO crm_deals (tenant_id, pipeline_id, stage_id, title, status) VALUES ('m', 77, 77, 't', 'Negotiating') | WARNING | CRM status words | DELETE FROM crm_deals; DELETE FROM crm_pipelines
            ALTER ROLE crm_kpi_cdc CONNECTION LIMIT 7                 | ERROR   | CRM connections                  | ALTER ROLE crm_kpi_cdc CONNECTION LIMIT -1
            ALTER ROLE crm_kpi_writer CONNECTION LIMIT 8              | ERROR   | KPI connections                  | ALTER ROLE crm_kpi_writer CONNECTION LIMIT -1
            REVOKE DELETE ON crm_kpi.crm_automation_sla FROM crm_kpi_writer    | ERROR | KPI role may write        | GRANT DELETE ON crm_kpi.crm_automation_sla TO crm_kpi_writer
            ALTER TABLE crm_kpi.crm_deals OWNER TO postgres; GRANT ALL ON crm_kpi.crm_deals TO crm_kpi_writer | ERROR | KPI role sees all tenants | ALTER TABLE crm_kpi.crm_deals OWNER TO crm_kpi_writer
            ALTER TABLE crm_kpi.crm_deals DISABLE ROW LEVEL SECURITY  | WARNING | KPI tenants apart                | CALL crm_kpi.keep_tenants_apart('crm_kpi.crm_deals')
            ALTER VIEW crm_kpi.crm_headline RESET (security_invoker)  | WARNING | KPI tenants apart                | ALTER VIEW crm_kpi.crm_headline SET (security_invoker = true)
            INSERT INTO crm_kpi.crm_kpi_progress (pipeline, writer, writers, generation, tables) VALUES ('other', 0, 1, 1, '{crm_gone, crm_deals}') | ERROR | KPI tables | DELETE FROM crm_kpi.crm_kpi_progress WHERE pipeline = 'other'
            UPDATE crm_kpi.flyway_schema_history SET version = concat('999', version) WHERE installed_rank = (SELECT max(installed_rank) FROM crm_kpi.flyway_schema_history) | ERROR | KPI schema      | UPDATE crm_kpi.flyway_schema_history SET version = substr(version, 4) WHERE version LIKE '999%'
            """)
    void whatIsBrokenIsFoundAndMended(String breaks, Severity severity, String check, String mends) throws Exception {
        tables.execute("CREATE TABLE crm_other (LIKE crm_pipelines INCLUDING ALL)");
        tables.execute(breaks);
        try {
            assertThat(notOk(Start.AGAIN)).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo(check);
                assertThat(finding.severity()).isEqualTo(severity);
                assertThat(finding.remedies()).isNotEmpty();
            });
        } finally {
            tables.execute(mends);
            tables.execute("DROP TABLE crm_other");
        }
        assertThat(notOk(Start.AGAIN)).isEmpty();
    }

    @Test
    void aProvidersRoleStandsForReplicationAndTheConnectionIsTriedForReal() throws Exception {
        tables.execute(
                "ALTER ROLE crm_kpi_cdc NOREPLICATION; CREATE ROLE rds_replication; GRANT rds_replication TO crm_kpi_cdc");
        try {
            assertThat(notOk(Start.AGAIN)).singleElement().satisfies(finding -> {
                assertThat(finding.check()).isEqualTo("CRM replication connection");
                assertThat(finding.severity()).isEqualTo(Severity.ERROR);
            });
        } finally {
            tables.execute("ALTER ROLE crm_kpi_cdc REPLICATION; DROP ROLE rds_replication");
        }
    }

    @Test
    void standbysOfAnyNameWouldHoldUpTheCrm() throws Exception {
        tables.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (a, *)'");
        tables.execute("SELECT pg_reload_conf()");
        try {
            Wait.until("the setting is in force", () -> notOk(Start.AGAIN).stream()
                    .anyMatch(finding -> finding.check().equals("CRM standbys")));
        } finally {
            tables.execute("SET synchronous_commit = local");
            tables.execute("ALTER SYSTEM RESET synchronous_standby_names");
            tables.execute("SELECT pg_reload_conf()");
            tables.execute("RESET synchronous_commit");
        }
        Wait.until("nothing is left to say", () -> notOk(Start.AGAIN).isEmpty());
    }

    @Test
    void aKpiDatabaseThatCannotHoldEveryTextIsRefused() throws Exception {
        tables.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
        String url = tables.kpiUrl().replace("/postgres", "/ascii");
        assertThat(notOk(Start.AGAIN, "kpi.jdbc-url=" + url)).anySatisfy(finding -> {
            assertThat(finding.check()).isEqualTo("KPI encoding");
            assertThat(finding.message()).contains("SQL_ASCII");
        });
        StringWriter err = new StringWriter();
        CommandLine line = CrmKpi.commandLine();
        line.setErr(new PrintWriter(err));
        assertThat(line.execute("migrate", "--set", "kpi.jdbc-url=" + url, "--set", "kpi.username=postgres"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("SQL_ASCII", "ENCODING 'UTF8'");
    }

    @Test
    void savedStateWithoutItsSlotIsAnError() {
        assertThat(notOk(Start.CONTINUE)).singleElement().satisfies(finding -> {
            assertThat(finding.check()).isEqualTo("CRM slot");
            assertThat(String.join(" ", finding.remedies())).contains("--rebuild");
        });
    }

    @Test
    void aSlotWithoutSavedStateIsAnErrorUnlessItIsToBeDiscarded() throws Exception {
        tables.execute("SELECT pg_create_logical_replication_slot('crm_kpi', 'pgoutput')");
        try {
            assertThat(notOk(Start.ANEW)).singleElement().satisfies(finding -> {
                assertThat(finding.severity()).isEqualTo(Severity.ERROR);
                assertThat(String.join(" ", finding.remedies())).contains("state.dir", "cdc.slot-name", "--rebuild");
            });
            assertThat(notOk(Start.REBUILD)).noneMatch(finding -> finding.severity() == Severity.ERROR);
        } finally {
            tables.execute("SELECT pg_drop_replication_slot('crm_kpi')");
        }
    }

    @Test
    void aRemedyForMissingRightsIsTheStatementThatMends() throws Exception {
        tables.execute("REVOKE SELECT (status, value) ON crm_deals FROM crm_kpi_cdc");
        for (String statement : notOk(Start.AGAIN).get(0).remedies()) {
            tables.execute(statement);
        }
        assertThat(notOk(Start.AGAIN)).isEmpty();
        tables.executeKpi("REVOKE DELETE ON crm_kpi.crm_automation_sla FROM crm_kpi_writer");
        for (String statement : notOk(Start.AGAIN).get(0).remedies()) {
            tables.executeKpi(statement);
        }
        assertThat(notOk(Start.AGAIN)).isEmpty();
    }

    @Test
    void anUnreachableServerAndAWrongDatabaseAreNamed() throws Exception {
        assertThat(notOk(
                        Start.AGAIN,
                        "crm.jdbc-url=jdbc:postgresql://127.0.0.1:%d/crm".formatted(Ports.free("port", 0))))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.check()).isEqualTo("CRM connection");
                    assertThat(finding.message()).contains("refused");
                    assertThat(String.join(" ", finding.remedies())).contains("crm.jdbc-url");
                });
        assertThat(notOk(Start.AGAIN, "kpi.jdbc-url=" + tables.kpiUrl().replace("/postgres", "/nowhere")))
                .singleElement()
                .satisfies(finding ->
                        assertThat(String.join(" ", finding.remedies())).contains("kpi.jdbc-url"));
    }

    @Test
    void jsonHasTheSameFindingsAndErrorsAreTheExitCode() throws Exception {
        StringWriter out = new StringWriter();
        CommandLine line = CrmKpi.commandLine();
        line.setOut(new PrintWriter(out));
        int code = line.execute(
                "doctor",
                "--json",
                "--set",
                "crm.jdbc-url=" + tables.jdbcUrl(),
                "--set",
                "crm.username=postgres",
                "--set",
                "kpi.jdbc-url=" + tables.kpiUrl(),
                "--set",
                "kpi.username=nobody");
        assertThat(code).isEqualTo(1);
        JsonNode findings = new ObjectMapper().readTree(out.toString());
        assertThat(findings.findValuesAsText("check"))
                .contains("CRM connection", "CRM role's other rights", "KPI connection");
        assertThat(findings.findValuesAsText("severity")).contains("OK", "WARNING", "ERROR");
    }
}
