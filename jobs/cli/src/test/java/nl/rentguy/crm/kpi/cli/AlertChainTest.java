package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.metrics.MetricsServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a row of the CRM to a message in Slack and back: the job, its tables, {@code crm-kpi metrics}, Prometheus with the rules and Alertmanager
 * with the routes of {@code deploy}, but for their waiting times, and a server in Slack's place.
 */
@SuppressWarnings("NullAway.Init") // set before each test
class AlertChainTest {

    @TempDir
    private Path folder;

    private Alerting alerting;
    private CrmAndTables tables;

    @BeforeEach
    void start() throws Exception {
        alerting = new Alerting(folder);
    }

    @AfterEach
    void stop() throws Exception {
        alerting.close();
        if (tables != null) {
            tables.close();
        }
    }

    private void startAlerting(int metricsPort) throws Exception {
        Path prometheus = Tools.require("prometheus");
        int alertmanagerPort = alerting.startAlertmanager(UnaryOperator.identity());
        Path rules = Files.writeString(
                folder.resolve("crm-kpi.rules.yml"),
                Files.readString(Alerting.DEPLOY.resolve("prometheus/crm-kpi.rules.yml"))
                        .replaceAll("for: [0-9]+[mh]", "for: 3s"));
        Path config = Files.writeString(
                folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: ['%s']
                alerting:
                  alertmanagers: [{static_configs: [{targets: ['127.0.0.1:%d']}]}]
                scrape_configs:
                  - job_name: crm-kpi
                    static_configs: [{targets: ['127.0.0.1:%d']}]
                """.formatted(rules, alertmanagerPort, metricsPort));
        alerting.launch(
                prometheus,
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=127.0.0.1:" + Ports.free("port", 0),
                "--rules.alert.resend-delay=2s");
    }

    @Test
    void whatHappensInTheCrmIsToldInSlackAndSoIsItsEnd() throws Exception {
        Tools.require("prometheus");
        tables = CrmAndTables.create(folder);
        tables.executeKpi(Oracle.sql("kpi/roles.sql"));
        tables.aDeal();
        try (MetricsServer metrics = MetricsCommand.start(
                JobConfig.load(null, Map.of(), List.of("kpi.jdbc-url=" + tables.kpiUrl(), "metrics.port=0")),
                Duration.ZERO)) {
            startAlerting(metrics.port());
            try (RunProcess job = RunProcess.on(tables, folder)) {
                job.awaitKpiTimeAfter(Instant.now(), tables);
                Wait.until("the dead man's switch is held", () -> alerting.heartbeats() > 0);
                alerting.forget();
                failures();
                aRunThatHangsWhileNobodyWorks();
                job.stop();
            }
            theJobStops();
        }
    }

    @Test
    void anotherExporterGivesPrometheusTheSameSeries() throws Exception {
        Path exporter = Tools.require("prometheus-sql-exporter");
        Path prometheus = Tools.require("prometheus");
        tables = CrmAndTables.create(folder);
        tables.executeKpi(Oracle.sql("kpi/roles.sql"));
        tables.executeKpi("""
                INSERT INTO crm_kpi.crm_tenants VALUES ('mrdj');
                INSERT INTO crm_kpi.crm_kpi_status (pipeline, phase, kpi_time, rows_read, dead_letters, job_version, definition_version)
                VALUES ('crm-kpi', 'live', now(), 12, 3, '', '');
                INSERT INTO crm_kpi.crm_kpi_progress (pipeline, writer, writers, generation, written_until) VALUES ('crm-kpi', 0, 1, 1, now());
                INSERT INTO crm_kpi.crm_watchlist_items (tenant_id, kind, item_id, since, deal_id, workflow_id, as_of)
                VALUES ('mrdj', 'overdue_run', 1, now() - interval '5 minutes', 7, 'welcome', now())""");
        int exporterPort = Ports.free("port", 0);
        int prometheusPort = Ports.free("port", 0);
        Path queries = Files.writeString(
                folder.resolve("sql-exporter.yml"),
                Files.readString(Alerting.DEPLOY.resolve("prometheus/sql-exporter-justwatch.yml"))
                        .replace("127.0.0.1:6433/kpi", tables.kpiUrl().replaceAll("jdbc:postgresql://", ""))
                        .replace("interval: 15s", "interval: 1s"));
        Path config = Files.writeString(
                folder.resolve("prometheus.yml"),
                Files.readString(Alerting.DEPLOY.resolve("prometheus/scrape-sql-exporter.yml"))
                        .replace("127.0.0.1:9237", "127.0.0.1:" + exporterPort)
                        .replace("interval: 15s", "interval: 1s"));
        alerting.launch(exporter, "-config.file=" + queries, "-web.listen-address=127.0.0.1:" + exporterPort);
        alerting.launch(
                prometheus,
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=127.0.0.1:" + prometheusPort);
        URI query = URI.create("http://127.0.0.1:" + prometheusPort
                + "/api/v1/query?query=%7B__name__%3D~%22crm_automation_overdue_runs%7Ccrm_kpi_phase%22%7D%20%3E%200");
        HttpClient http = HttpClient.newHttpClient();
        List<JsonNode> found = new ArrayList<>();
        Wait.until("Prometheus has the series", () -> {
            try {
                HttpResponse<String> response =
                        http.send(HttpRequest.newBuilder(query).build(), BodyHandlers.ofString());
                if (response.statusCode() != HttpURLConnection.HTTP_OK) {
                    // It listens before it is ready.
                    return false;
                }
                JsonNode answer = new ObjectMapper().readTree(response.body());
                found.clear();
                answer.at("/data/result").forEach(series -> found.add(series.path("metric")));
                return found.size() == 2;
            } catch (ConnectException e) {
                return false;
            }
        });
        assertThat(found)
                .extracting(JsonNode::toString)
                .anyMatch(labels -> labels.contains("\"__name__\":\"crm_automation_overdue_runs\"")
                        && labels.contains("\"tenant\":\"mrdj\",\"workflow\":\"welcome\"")
                        && !labels.contains("database"))
                .anyMatch(labels -> labels.contains("\"phase\":\"live\",\"pipeline\":\"crm-kpi\""));
    }

    private void failures() throws Exception {
        Instant begin = Instant.now();
        tables.execute("""
                INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at)
                SELECT 'mrdj', id, 't', 'lead_intake', CASE WHEN i <= 3 THEN 'failed' ELSE 'completed' END, now(), now()
                FROM crm_deals, generate_series(1, 8) i""");
        JsonNode message = alerting.await("✖ mrdj · Automatisering mislukt veel te vaak", begin);
        assertThat(message.path("text").asText())
                .contains(
                        "*lead_intake*: 3 van 8 runs mislukt sinds gisteren (37.5%, grens 30%)",
                        "sinds ", "raakt 1 deals");
        assertThat(message.path("color").asText()).isEqualTo("danger");
        assertThat(message.path("actions")).hasSize(3);
        assertThat(message.at("/actions/0/url").asText()).endsWith("playbook.md#crmautomationfailurerateextreme");
        assertThat(message.at("/actions/1/url").asText()).endsWith("/dashboard/crm-kpi?tenant=mrdj");
        assertThat(message.at("/actions/2/url").asText())
                .startsWith("https://alerts.example.com/#/silences/new?filter=")
                .contains("CrmAutomationFailureRateExtreme", "mrdj", "lead_intake");
        Instant mended = Instant.now();
        tables.execute("UPDATE crm_automation_runs SET status = 'completed' WHERE status = 'failed'");
        JsonNode over = alerting.await("✔ Voorbij: mrdj · Automatisering mislukt veel te vaak", mended);
        assertThat(over.path("text").asText()).contains("voorbij na ");
        assertThat(over.path("color").asText()).isEqualTo("good");
    }

    /** An hour past its SLA three seconds from now. */
    private void aRunThatHangsWhileNobodyWorks() throws Exception {
        Instant begin = Instant.now();
        tables.insertRun("welcome", begin.minus(Duration.ofMinutes(70)).plusSeconds(3));
        JsonNode message = alerting.await("✖ mrdj · Automatisering hangt", begin);
        assertThat(message.path("text").asText()).contains("*welcome*: de oudste run is 1h 0m", "raakt 1 deals");
        Instant ended = Instant.now();
        tables.execute(
                "UPDATE crm_automation_runs SET status = 'completed', completed_at = now() WHERE workflow_id = 'welcome'");
        alerting.await("✔ Voorbij: mrdj · Automatisering hangt", ended);
    }

    private void theJobStops() throws Exception {
        Instant begin = Instant.now();
        JsonNode message = alerting.await("✖ De job van de KPI-tabellen draait niet", begin);
        assertThat(Objects.requireNonNull(message.at("/actions/0/url")).asText())
                .endsWith("#crmkpijobdown");
        try (RunProcess job = RunProcess.on(tables, folder)) {
            Instant again = Instant.now();
            job.awaitKpiTimeAfter(Instant.now(), tables);
            alerting.await("✔ Voorbij: De job van de KPI-tabellen draait niet", again);
        }
    }
}
