package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.metrics.MetricsServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code crm-kpi metrics} over a real database, read as the role that has no other rights. */
@SuppressWarnings("NullAway.Init") // set before all tests
class MetricsServerTest {

    @TempDir
    private static Path folder;

    private static final int PORT = Ports.free("port", 0);

    private static EmbeddedDatabase database;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws Exception {
        database = EmbeddedDatabase.start(folder.resolve("pg"), PORT);
        execute(Oracle.sql("kpi/roles.sql"));
        database.migrate();
        execute("""
                INSERT INTO crm_kpi.crm_tenants VALUES ('A "B" \\ C');
                INSERT INTO crm_kpi.crm_kpi_status (pipeline, phase, kpi_time, rows_read, dead_letters, job_version, definition_version)
                VALUES ('crm-kpi', 'live', now(), 12, 3, '', '');
                INSERT INTO crm_kpi.crm_kpi_progress (pipeline, writer, writers, generation, written_until, tables)
                VALUES ('crm-kpi', 0, 1, 1, now(), '{crm_automation_sla}');
                INSERT INTO crm_kpi.crm_automation_sla (tenant_id, workflow_id, run_date, run_count, completed_runs, failed_runs, open_runs,
                  late_runs, overdue_runs, sla_breaches, failure_rate, breach_rate, sla_minutes, as_of, timed_runs, completion_seconds_sum, ended_runs)
                SELECT 'A "B" \\ C', workflow, current_date - ago, 8, 0, 2, 0, 0, 0, 0, 0, 0, 10, now(), 0, 0, 0
                FROM (VALUES ('busy', 0), ('rests', 5)) AS runs (workflow, ago)""");
        execute("SELECT pg_create_logical_replication_slot('crm_kpi', 'pgoutput')");
    }

    @AfterAll
    static void stop() throws Exception {
        database.close();
    }

    private static void execute(String sql) throws Exception {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static MetricsServer server(String... settings) throws Exception {
        List<String> all = new ArrayList<>(List.of("kpi.jdbc-url=" + database.jdbcUrl(), "metrics.port=0"));
        all.addAll(List.of(settings));
        return MetricsCommand.start(JobConfig.load(null, Map.of(), all), Duration.ZERO);
    }

    private HttpResponse<String> get(MetricsServer server, String path, String accept) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .header("Accept", accept)
                        .build(),
                BodyHandlers.ofString());
    }

    private String metrics(MetricsServer server) throws Exception {
        HttpResponse<String> response = get(server, "/metrics", "text/plain");
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    @Test
    void theSeriesOfTheViewAreServedWithTheirMeaning() throws Exception {
        try (MetricsServer server =
                server("crm.jdbc-url=" + database.jdbcUrl(), "crm.username=postgres", "cdc.slot-name=crm_kpi")) {
            assertThat(metrics(server))
                    .contains(
                            "# HELP crm_automation_failure_ratio Failed runs / runs of today and yesterday, 0 to 1; 0 without runs.\n",
                            "# TYPE crm_automation_failure_ratio gauge\n",
                            "crm_automation_failure_ratio{tenant=\"A \\\"B\\\" \\\\ C\",workflow=\"busy\"} 0.25\n",
                            "# TYPE crm_kpi_dead_letters_total counter\n",
                            "crm_kpi_dead_letters_total{pipeline=\"crm-kpi\"} 3.0\n",
                            "crm_kpi_phase{phase=\"live\",pipeline=\"crm-kpi\"} 1.0\n",
                            "crm_kpi_phase{phase=\"stopped\",pipeline=\"crm-kpi\"} 0.0\n",
                            "crm_kpi_series_left_out 0.0\n",
                            "crm_kpi_crm_up 1.0\n",
                            "crm_kpi_slot_active 0.0\n",
                            "crm_kpi_slot_lost 0.0\n",
                            "crm_kpi_query_seconds ",
                            "crm_kpi_pool_connections 1.0\n")
                    .containsPattern("crm_kpi_slot_retained_bytes [0-9.E]+\n");
            HttpResponse<String> open = get(server, "/metrics", "application/openmetrics-text; version=1.0.0");
            assertThat(open.headers().firstValue("Content-Type").orElse("")).startsWith("application/openmetrics-text");
            assertThat(open.body()).endsWith("# EOF\n");
        }
    }

    @Test
    void withoutTheKpiDatabaseThereIsNoAnswerAndWithoutTheCrmThereIs() throws Exception {
        try (MetricsServer server = server(
                "crm.jdbc-url=jdbc:postgresql://127.0.0.1:%d/postgres".formatted(Ports.free("port", 0)),
                "crm.username=postgres")) {
            assertThat(metrics(server))
                    .contains("crm_kpi_crm_up 0.0\n", "crm_kpi_phase{")
                    .doesNotContain("crm_kpi_slot");
            database.close();
            HttpResponse<String> away = get(server, "/metrics", "text/plain");
            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(away.body()).doesNotContain("crm_automation").contains("The KPI database does not answer");
            database = EmbeddedDatabase.start(folder.resolve("pg"), PORT);
            Wait.until(
                    "it asks again", () -> get(server, "/metrics", "text/plain").statusCode() == 200);
            assertThat(metrics(server)).contains("crm_automation_runs{");
        }
    }

    @Test
    void withTooManySeriesWorkflowsAtRestAreLeftOut() throws Exception {
        try (MetricsServer server = server("metrics.max-series=20")) {
            assertThat(metrics(server))
                    .contains("workflow=\"busy\"", "crm_kpi_series_left_out 12.0\n", "crm_kpi_phase{")
                    .contains("crm_automation_days_since_run{tenant=\"A \\\"B\\\" \\\\ C\",workflow=\"rests\"}")
                    .doesNotContainPattern("crm_automation_runs\\{.*rests");
        }
    }

    @Test
    void otherPathsAndMethodsAreRefused() throws Exception {
        try (MetricsServer server = server()) {
            assertThat(get(server, "/", "*/*").body()).contains("/metrics");
            assertThat(get(server, "/etc/passwd", "*/*").statusCode()).isEqualTo(404);
            HttpResponse<String> post = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/metrics"))
                            .POST(HttpRequest.BodyPublishers.ofString("x"))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(post.statusCode()).isEqualTo(405);
            assertThat(post.headers().firstValue("Allow")).contains("GET, HEAD");
        }
    }

    @Test
    void wrongSettingsAreNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> server("metrics.port=" + taken.getLocalPort()))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(":" + taken.getLocalPort() + " is taken");
        }
        assertThatThrownBy(() -> server("metrics.port=70000"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("metrics.port is '70000'; expected a whole number from 0 to 65535");
        assertThatThrownBy(() -> server("metrics.max-series=0"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("metrics.max-series is '0'");
    }
}
