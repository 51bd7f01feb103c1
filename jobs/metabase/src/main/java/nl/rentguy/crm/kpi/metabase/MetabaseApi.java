package nl.rentguy.crm.kpi.metabase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Requests to a Metabase server, as the owner of an API key. */
final class MetabaseApi {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final int LONGEST_ERROR = 500;

    static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final URI url;
    private final String key;

    /** @param url of the server, such as {@code https://metabase.example.com} */
    MetabaseApi(URI url, String key) {
        this.url = url;
        this.key = key;
    }

    JsonNode get(String path) {
        return send("GET", path, null);
    }

    JsonNode post(String path, Object body) {
        return send("POST", path, body);
    }

    JsonNode put(String path, Object body) {
        return send("PUT", path, body);
    }

    /** @throws MetabaseException when there is no answer, or none that says that all is well */
    private JsonNode send(String method, String path, @Nullable Object body) {
        try {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create(url.toString().replaceAll("/+$", "") + path))
                    .timeout(TIMEOUT)
                    .header("x-api-key", key)
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json")
                    .method(
                            method,
                            body == null
                                    ? BodyPublishers.noBody()
                                    : BodyPublishers.ofString(JSON.writeValueAsString(body)))
                    .build();
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            return answer(method, path, response);
        } catch (IOException e) {
            throw new MetabaseException(
                    "%s cannot be reached: %s".formatted(url, e.getMessage() == null ? e : e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetabaseException("Interrupted", e);
        }
    }

    private JsonNode answer(String method, String path, HttpResponse<String> response) throws JsonProcessingException {
        int status = response.statusCode();
        if (status == 401 || status == 403) {
            throw new MetabaseException(
                    "%s refuses %s %s (%d); expected an API key of a group of administrators: Admin settings, Authentication, API keys"
                            .formatted(url, method, path, status));
        }
        if (status / 100 != 2) {
            String text = response.body();
            throw new MetabaseException("%s does not take %s %s (%d): %s"
                    .formatted(url, method, path, status, text.substring(0, Math.min(text.length(), LONGEST_ERROR))));
        }
        return response.body().isBlank() ? MissingNode.getInstance() : JSON.readTree(response.body());
    }
}
