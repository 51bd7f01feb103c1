package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.audit.Oracle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules, routes and playbook fit each other, and what people paste from them runs. */
@SuppressWarnings("NullAway.Init") // set before each test
class AlertFilesTest {

    private static final Path DEPLOY = Path.of("../../deploy");
    private static final Path PROMETHEUS = DEPLOY.resolve("prometheus");
    private static final Path ALERTMANAGER = DEPLOY.resolve("alertmanager");
    private static final Path RULES = PROMETHEUS.resolve("crm-kpi.rules.yml");
    private static final Path PLAYBOOK = Path.of("../../docs/operations/playbook.md");

    @TempDir
    private Path folder;

    private static List<String> all(String regex, String text) {
        Matcher matcher = Pattern.compile(regex, Pattern.MULTILINE).matcher(text);
        return Stream.iterate(matcher.find(), found -> found, found -> matcher.find())
                .map(found -> matcher.group(1))
                .toList();
    }

    @Test
    void eachRuleFiresWhenItShouldAndOnlyThen() throws Exception {
        Path promtool = Tools.require("promtool");
        assertThat(Tools.run(PROMETHEUS, promtool, "test", "rules", "crm-kpi.rules.test.yml"))
                .contains("SUCCESS");
        assertThat(Tools.run(PROMETHEUS, promtool, "check", "config", "--syntax-only", "prometheus.yml"))
                .contains("SUCCESS");
    }

    @Test
    void eachAlertIsTestedAndHasAHeadingInThePlaybook() throws Exception {
        String rules = Files.readString(RULES);
        TreeSet<String> alerts = new TreeSet<>(all("- alert: (\\w+)$", rules));
        assertThat(alerts).hasSizeGreaterThan(15);
        String tests = Files.readString(RULES.resolveSibling("crm-kpi.rules.test.yml"));
        assertThat(all("alertname=\"(\\w+)\"", tests)).containsAll(alerts);
        List<String> headings = all("^#+ (\\w+)$", Files.readString(PLAYBOOK));
        assertThat(headings).containsAll(alerts);
        assertThat(all("runbook_url: https://docs.example.com/crm-kpi/operations/playbook.md#(\\w+)$", rules))
                .as("each rule's heading")
                .hasSize(all("- (alert): ", rules).size())
                .allMatch(anchor -> headings.stream()
                        .anyMatch(heading -> heading.toLowerCase(Locale.ROOT).equals(anchor)));
    }

    @Test
    void alertsTakeTheirWay() throws Exception {
        Path amtool = Tools.require("amtool");
        assertThat(Tools.run(ALERTMANAGER, amtool, "check-config", "alertmanager.yml"))
                .contains("SUCCESS");
        route(amtool, "slack", "alertname=CrmAutomationFailureRate", "severity=critical", "tenant=mrdj");
        route(amtool, "slack", "alertname=CrmAcquisitionOld", "severity=warning", "tenant=mrdj");
        route(amtool, "slack", "alertname=CrmKpiJobDown", "severity=critical", "pipeline=crm-kpi");
        route(amtool, "dead-mans-switch", "alertname=Watchdog", "severity=none");
    }

    private static void route(Path amtool, String receiver, String... labels) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "config", "routes", "test", "--config.file=alertmanager.yml", "--verify.receivers=" + receiver));
        arguments.addAll(List.of(labels));
        Tools.run(ALERTMANAGER, amtool, arguments.toArray(new String[0]));
    }

    @Test
    void rulesAskForSeriesThatThereAreAndQueriesOfThePlaybookRun() throws Exception {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(folder.resolve("pg"), Ports.free("port", 0))) {
            database.run("crm/schema.sql");
            database.migrate();
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute(Oracle.sql("kpi/roles.sql"));
                List<String> known = new ArrayList<>(List.of(
                        "crm_kpi_slot_retained_bytes",
                        "crm_kpi_slot_safe_bytes",
                        "crm_kpi_slot_lost",
                        "crm_kpi_slot_active",
                        "crm_kpi_crm_up",
                        "crm_kpi_series_left_out"));
                try (ResultSet row = statement.executeQuery("SELECT metric FROM crm_kpi.crm_kpi_metric_names")) {
                    while (row.next()) {
                        known.add(row.getString(1));
                    }
                }
                String rules = Files.readString(RULES).replaceAll("(?m)^#.*$", "");
                assertThat(known).containsAll(all("\\b(crm_[a-z_]+)", rules));

                List<String> queries = all("^ {4,}(SELECT [^;]*;)$", Files.readString(PLAYBOOK));
                assertThat(queries).hasSizeGreaterThan(8);
                for (String query : queries) {
                    String role = query.contains("crm_kpi_dead_letters")
                            ? "crm_kpi_operators"
                            : query.contains("FROM pg_replication_slots") ? "crm_kpi_exporter" : "crm_kpi_reader";
                    statement.execute("SET ROLE " + role);
                    statement.execute(query);
                    statement.execute("RESET ROLE");
                }
            }
        }
    }
}
