package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.audit.Oracle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the CRM's personal columns is nowhere else: not in its change events, nor in checkpoints, tables and logs. */
@SuppressWarnings("NullAway.Init") // set before each test
class PrivacyTest {

    private static final String MARKER = "Zwaluwstaart";
    private static final String PASSWORD = "Boerenzwaluw";

    @TempDir
    private Path folder;

    @Test
    void personalDataNeverLeavesTheCrm() throws Exception {
        try (CrmAndTables tables = CrmAndTables.createApart(folder)) {
            leaveTitlesOut(tables);
            // One reader of the publication sees what any other would.
            tables.execute("SELECT pg_create_logical_replication_slot('peek', 'pgoutput')");
            plant(tables);
            Path secret = Files.writeString(folder.resolve("secret"), PASSWORD);
            try (RunProcess job = RunProcess.verboselyOn(
                    tables, folder, "--set", "crm.password-file=" + secret, "--set", "crm.deal-titles=false")) {
                job.awaitKpiTimeAfter(Instant.now(), tables);
                plant(tables);
                tables.execute("UPDATE crm_leads SET email = 'again-%s'".formatted(MARKER));
                tables.execute("UPDATE crm_deals SET value = value + 1, updated_at = now()");
                tables.execute("UPDATE crm_automation_runs SET created_at = 'infinity' WHERE id = 1");
                tables.execute("DELETE FROM crm_activities WHERE id = 1");
                job.awaitKpiTimeAfter(Instant.now(), tables);
                Wait.until(
                        "the dead letter is there",
                        () -> tables.number("SELECT count(*) FROM crm_kpi.crm_kpi_dead_letters") == 1);
                assertThat(job.stop()).isEqualTo(143);
                assertThat(job.output()).doesNotContain(MARKER, PASSWORD);
            }
            assertThat(filesWith(MARKER, folder.resolve("pg")))
                    .as("the marker is to be found where it belongs")
                    .isNotEmpty();
            assertThat(filesWith(MARKER, folder.resolve("state")))
                    .as("state and logs")
                    .isEmpty();
            assertThat(filesWith(PASSWORD, folder.resolve("state")))
                    .as("state and logs with the password")
                    .isEmpty();
            assertThat(filesWith(MARKER, folder.resolve("pg-kpi")))
                    .as("the KPI server's files")
                    .isEmpty();
            assertThat(tables.number("SELECT sum(deal_count) FROM crm_kpi.crm_pipeline_velocity"))
                    .isEqualTo(2);
            String changes =
                    "FROM pg_logical_slot_peek_binary_changes('peek', NULL, NULL, 'proto_version', '1', 'publication_names', 'crm_kpi')";
            assertThat(tables.crmNumber("SELECT count(*) " + changes)).isGreaterThan(20);
            assertThat(tables.crmNumber(
                            "SELECT count(*) %s WHERE position('%s'::bytea IN data) > 0".formatted(changes, MARKER)))
                    .as("change events")
                    .isZero();
        }
    }

    /** As an owner does who does not want the titles of deals to leave the CRM. */
    private static void leaveTitlesOut(CrmAndTables tables) throws Exception {
        String script = Oracle.sql("crm/cdc.sql");
        int start = script.indexOf("CREATE PUBLICATION");
        String publication = script.substring(start, script.indexOf(';', start));
        assertThat(publication).contains(" title,");
        tables.execute("DROP PUBLICATION crm_kpi");
        tables.execute(publication.replace(" title,", ""));
    }

    /** The marker in every column that is not to be read. */
    private static void plant(CrmAndTables tables) throws Exception {
        String n = "%s-%d".formatted(MARKER, tables.crmNumber("SELECT count(*) FROM crm_leads"));
        tables.execute("""
                INSERT INTO crm_leads (tenant_id, name, email, phone, external_id, source)
                VALUES ('mrdj', '%1$s', '%1$s@example.org', '%1$s', '%1$s', 'mr-dj.nl');
                INSERT INTO crm_pipelines (tenant_id, name) SELECT 'mrdj', 'P' || count(*) FROM crm_pipelines;
                INSERT INTO crm_pipeline_stages (pipeline_id, name, "order", automation_flow)
                SELECT max(id), 'S', 1, '%1$s' FROM crm_pipelines;
                INSERT INTO crm_deals (tenant_id, lead_id, pipeline_id, stage_id, title, value)
                SELECT 'mrdj', (SELECT max(id) FROM crm_leads), pipeline_id, id, '%1$s', 10 FROM crm_pipeline_stages ORDER BY id DESC LIMIT 1;
                INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary, payload)
                SELECT 'mrdj', max(id), 'call', '%1$s', '{"who": "%1$s"}' FROM crm_deals;
                INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, context)
                SELECT 'mrdj', max(id), '%1$s', 'w', '{"who": "%1$s"}' FROM crm_deals""".formatted(n));
    }

    private static List<Path> filesWith(String text, Path folder) throws Exception {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                if (content.contains(new String(wanted, StandardCharsets.ISO_8859_1))) {
                    found.add(file);
                }
            }
        }
        return found;
    }
}
