package nl.rentguy.crm.kpi.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Alertmanager does with alerts by the routes of {@code deploy}: which it tells at what hours, and which say no more than others. */
@SuppressWarnings("NullAway.Init") // set before each test
class AlertRoutesTest {

    private static final ZoneId HERE = ZoneId.of("Europe/Amsterdam");

    @TempDir
    private Path folder;

    private Alerting alerting;
    private int port;

    @BeforeEach
    void start() throws Exception {
        alerting = new Alerting(folder);
    }

    @AfterEach
    void stop() throws Exception {
        alerting.close();
    }

    /** An alert in the words of Alertmanager's interface. */
    private static String alert(String name, String severity, String... labels) {
        StringBuilder all = new StringBuilder("\"alertname\": \"%s\", \"severity\": \"%s\"".formatted(name, severity));
        for (int i = 0; i < labels.length; i += 2) {
            all.append(", \"%s\": \"%s\"".formatted(labels[i], labels[i + 1]));
        }
        return "{\"labels\": {%s}, \"annotations\": {\"summary\": \"%s\", \"summary_nl\": \"%s\", \"description_nl\": \"Meer.\"}}"
                .formatted(all, name, name);
    }

    private void fire(String... alerts) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/api/v2/alerts".formatted(port)))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Arrays.stream(alerts).collect(joining(", ", "[", "]"))))
                .build();
        Wait.until("Alertmanager takes alerts", () -> {
            try {
                return HttpClient.newHttpClient()
                                .send(request, BodyHandlers.discarding())
                                .statusCode()
                        == 200;
            } catch (ConnectException e) {
                return false;
            }
        });
    }

    /** The week's office hours are those of today, from one time to another. */
    private static UnaryOperator<String> officeHours(String from, String to) {
        return config -> {
            String changed = config.replace("monday:friday", "sunday:saturday")
                    .replace("start_time: '08:30'", "start_time: '%s'".formatted(from))
                    .replace("end_time: '18:00'", "end_time: '%s'".formatted(to));
            assertThat(changed).contains(from, to);
            return changed;
        };
    }

    private static final String WARNING =
            alert("CrmAutomationFailureRate", "warning", "tenant", "mrdj", "workflow", "a");
    private static final String CRITICAL = alert("CrmKpiJobDown", "critical", "pipeline", "crm-kpi");

    @Test
    void aWarningIsToldInOfficeHours() throws Exception {
        port = alerting.startAlertmanager(officeHours("00:00", "24:00"));
        fire(WARNING);
        alerting.await("⚠ mrdj · CrmAutomationFailureRate", Instant.now());
    }

    @Test
    void atOtherHoursOnlyCriticalOnesAre() throws Exception {
        // Some hours that are not now.
        ZonedDateTime later = ZonedDateTime.now(HERE).plusHours(6);
        String hour = later.format(DateTimeFormatter.ofPattern("HH", Locale.ROOT));
        port = alerting.startAlertmanager(officeHours(hour + ":00", hour + ":59"));
        fire(WARNING);
        fire(CRITICAL);
        alerting.await("✖ CrmKpiJobDown", Instant.now());
        assertThat(alerting.messages()).isEmpty();
    }

    @Test
    void whatSaysNoMoreThanAnotherIsNotTold() throws Exception {
        port = alerting.startAlertmanager(officeHours("00:00", "24:00"));
        fire(
                CRITICAL,
                alert("CrmAutomationFailureRateExtreme", "critical", "tenant", "mrdj", "workflow", "a"),
                alert("CrmAutomationRunHanging", "critical", "tenant", "mrdj", "workflow", "b"));
        Wait.until("critical ones are told", () -> alerting.messages().size() >= 3);
        fire(
                alert("CrmKpiStale", "critical", "pipeline", "crm-kpi"),
                alert("CrmKpiStale", "critical", "pipeline", "other"),
                alert("CrmAutomationFailureRate", "critical", "tenant", "mrdj", "workflow", "a"),
                WARNING,
                alert("CrmAutomationSlaBreach", "warning", "tenant", "mrdj", "workflow", "b"),
                alert("CrmAutomationSlaBreach", "warning", "tenant", "other", "workflow", "b"));
        Wait.until("so are those of others", () -> alerting.messages().size() >= 5);
        fire(alert("CrmKpiSourceLag", "critical", "pipeline", "a third"));
        Wait.until("and what came after them", () -> alerting.messages().stream()
                .anyMatch(message -> Alerting.titleOf(message).contains("CrmKpiSourceLag")));
        assertThat(alerting.messages())
                .extracting(Alerting::titleOf)
                .containsExactlyInAnyOrder(
                        "✖ CrmKpiJobDown",
                        "✖ CrmKpiStale",
                        "✖ mrdj · CrmAutomationFailureRateExtreme",
                        "✖ mrdj · CrmAutomationRunHanging",
                        "⚠ other · CrmAutomationSlaBreach",
                        "✖ CrmKpiSourceLag");
    }
}
