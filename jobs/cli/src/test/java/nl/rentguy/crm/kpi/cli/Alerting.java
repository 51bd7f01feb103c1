package nl.rentguy.crm.kpi.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Alertmanager with the routes of {@code deploy}, but for their waiting times, a server in Slack's place, and what else a test starts beside them. */
final class Alerting implements AutoCloseable {

    static final Path DEPLOY = Path.of("../../deploy");

    private final Path folder;
    private final HttpServer slack;
    private final List<JsonNode> messages = new CopyOnWriteArrayList<>();
    private final AtomicInteger heartbeats = new AtomicInteger();
    private final List<Process> processes = new ArrayList<>();

    Alerting(Path folder) throws IOException {
        this.folder = folder;
        slack = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        slack.createContext("/slack", exchange -> {
            messages.add(new ObjectMapper()
                    .readTree(exchange.getRequestBody().readAllBytes())
                    .at("/attachments/0"));
            answer(exchange);
        });
        slack.createContext("/watchdog", exchange -> {
            heartbeats.incrementAndGet();
            answer(exchange);
        });
        slack.start();
    }

    private static void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, 2);
        exchange.getResponseBody().write("ok".getBytes(StandardCharsets.US_ASCII));
        exchange.close();
    }

    /**
     * Starts Alertmanager.
     *
     * @param change of its configuration
     * @return its port
     */
    int startAlertmanager(UnaryOperator<String> change) throws IOException {
        Path program = Tools.require("prometheus-alertmanager", "alertmanager");
        int port = Ports.free("port", 0);
        String here = "http://127.0.0.1:" + slack.getAddress().getPort();
        Path slackUrl = Files.writeString(folder.resolve("slack-url"), here + "/slack");
        Files.copy(DEPLOY.resolve("alertmanager/crm-kpi.tmpl"), folder.resolve("crm-kpi.tmpl"));
        Path routes = Files.writeString(
                folder.resolve("alertmanager.yml"),
                change.apply(Files.readString(DEPLOY.resolve("alertmanager/alertmanager.yml"))
                        .replace("/etc/alertmanager/slack-url", slackUrl.toString())
                        .replace("https://dead-mans-switch.example.com/crm-kpi", here + "/watchdog")
                        .replace("group_wait: 5s", "group_wait: 0s")
                        .replace("group_interval: 1m", "group_interval: 1s")));
        launch(
                program,
                "--config.file=" + routes,
                "--storage.path=" + folder.resolve("alertmanager"),
                "--web.listen-address=127.0.0.1:" + port,
                "--web.external-url=https://alerts.example.com",
                "--cluster.listen-address=");
        return port;
    }

    /** Starts a program that ends with this. */
    void launch(Path program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(program.getFileName() + ".log").toFile())
                .start());
    }

    /** How often the dead man's switch was held. */
    int heartbeats() {
        return heartbeats.get();
    }

    /** What Slack was told since it was last forgotten. */
    List<JsonNode> messages() {
        return messages;
    }

    void forget() {
        messages.clear();
    }

    /** The newest message with that title; tells how long it took, and forgets all. */
    JsonNode await(String title, Instant since) throws Exception {
        try {
            Wait.until("Slack is told: " + title, () -> messages.stream()
                    .anyMatch(message -> titleOf(message).equals(title)));
        } catch (AssertionError e) {
            throw new AssertionError("Slack was told: " + messages + logs(), e);
        }
        System.out.printf(
                "%s: after %.1f s%n",
                title, Duration.between(since, Instant.now()).toMillis() / 1e3);
        JsonNode found = messages.stream()
                .filter(message -> titleOf(message).equals(title))
                .reduce((first, second) -> second)
                .orElseThrow();
        forget();
        return found;
    }

    static String titleOf(JsonNode message) {
        return message.path("title").asText();
    }

    private String logs() throws IOException {
        StringBuilder text = new StringBuilder();
        try (DirectoryStream<Path> logs = Files.newDirectoryStream(folder, "*.log")) {
            for (Path log : logs) {
                text.append("\n").append(log.getFileName()).append(":\n").append(Files.readString(log));
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        slack.stop(0);
    }
}
