package nl.rentguy.crm.kpi.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server in Metabase's place, that keeps what it is sent, as no Metabase can be had here. Bodies of requests have to be as Metabase's own
 * command line would send them, by its schemas; what is not known is refused, as are numbers of things that are not there.
 */
final class StandInMetabase implements AutoCloseable {

    static final String KEY = "mb_secret";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final Map<String, JsonSchema> schemas;
    private final Map<List<String>, Integer> fields =
            new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    private final Map<String, Map<Integer, ObjectNode>> things = new TreeMap<>();
    private final List<String> writes = new CopyOnWriteArrayList<>();
    private boolean synced;
    private int last;

    /**
     * @param schemas of the bodies, by method and kind of thing, such as {@code POST card}
     * @param columns that it finds in the database when it looks: table and column
     */
    StandInMetabase(Map<String, JsonNode> schemas, Set<List<String>> columns) throws IOException {
        JsonSchemaFactory factory = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
        this.schemas = new TreeMap<>();
        schemas.forEach((name, schema) -> this.schemas.put(name, factory.getSchema(schema)));
        int id = 100;
        for (List<String> column : columns) {
            fields.put(column, id++);
        }
        server.createContext("/", this::handle);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Requests that changed something since the last time this was asked, method and path. */
    List<String> writes() {
        List<String> told = List.copyOf(writes);
        writes.clear();
        return told;
    }

    /** All of a kind: database, collection, card, dashboard, notification, pulse. */
    List<ObjectNode> all(String kind) {
        return new ArrayList<>(of(kind).values());
    }

    private Map<Integer, ObjectNode> of(String kind) {
        return things.computeIfAbsent(kind, any -> new TreeMap<>());
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        int status = 200;
        String answer;
        try {
            if (!KEY.equals(exchange.getRequestHeaders().getFirst("x-api-key"))) {
                throw new Refused(401, "Unauthenticated");
            }
            byte[] body = exchange.getRequestBody().readAllBytes();
            JsonNode answered = answer(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body));
            answer = answered.toString();
        } catch (Refused e) {
            status = e.status;
            answer = String.valueOf(e.getMessage());
        }
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private JsonNode answer(String method, String path, JsonNode body) throws Refused {
        if (!method.equals("GET") && !path.startsWith("/api/eid-translation")) {
            writes.add(method + " " + path);
        }
        Map<String, Function<Matcher, JsonNode>> reads = Map.of(
                "/api/user/current", match -> JSON.createObjectNode().put("id", 1),
                "/api/database", match -> JSON.createObjectNode().set("data", list("database")),
                "/api/database/(\\d+)/metadata", match -> metadata(),
                "/api/collection", match -> list("collection"),
                "/api/collection/(\\d+)/items\\?models=dashboard",
                        match -> JSON.createObjectNode().set("data", inCollection(Integer.parseInt(match.group(1)))),
                "/api/notification\\?card_id=(\\d+)", match -> ofCard(Integer.parseInt(match.group(1))),
                "/api/pulse\\?dashboard_id=(\\d+)", match -> list("pulse"));
        if (method.equals("GET")) {
            for (Map.Entry<String, Function<Matcher, JsonNode>> read : reads.entrySet()) {
                Matcher match = Pattern.compile(read.getKey()).matcher(path);
                if (match.matches()) {
                    return read.getValue().apply(match);
                }
            }
        }
        Matcher one = Pattern.compile("/api/(card|dashboard)/(\\d+)").matcher(path);
        if (one.matches()) {
            ObjectNode thing = of(one.group(1)).get(Integer.parseInt(one.group(2)));
            if (thing == null) {
                throw new Refused(404, "Not found.");
            }
            return method.equals("GET") ? thing.deepCopy() : change(one.group(1), thing, method, body);
        }
        if (method.equals("POST")) {
            return post(path, body);
        }
        throw new Refused(404, "There is no " + method + " " + path);
    }

    private JsonNode post(String path, JsonNode body) throws Refused {
        if (path.matches("/api/database/\\d+/sync_schema")) {
            synced = true;
            return JSON.createObjectNode().put("status", "ok");
        }
        if (path.equals("/api/eid-translation/translate")) {
            return translate(body);
        }
        Matcher kind = Pattern.compile("/api/(database|collection|card|dashboard|notification|pulse)")
                .matcher(path);
        if (!kind.matches()) {
            throw new Refused(404, "There is no POST " + path);
        }
        check("POST " + kind.group(1), body);
        ObjectNode thing = body.deepCopy();
        thing.put("id", ++last);
        thing.put("archived", false);
        // What a server adds of its own, and what a client should not take for a person's change.
        thing.put("created_at", "2026-11-27T10:00:00Z");
        if (kind.group(1).equals("card")) {
            refer("database", thing.at("/dataset_query/database"));
            refer("collection", thing.path("collection_id"));
            checkFields(thing.path("dataset_query"));
        }
        if (kind.group(1).equals("dashboard")) {
            refer("collection", thing.path("collection_id"));
            thing.set("dashcards", JSON.createArrayNode());
            thing.set("parameters", JSON.createArrayNode());
            thing.put("width", "fixed");
        }
        of(kind.group(1)).put(last, thing);
        return thing.deepCopy();
    }

    private JsonNode change(String kind, ObjectNode thing, String method, JsonNode body) throws Refused {
        check(method + " " + kind, body);
        ObjectNode changes = body.deepCopy();
        if (changes.has("dashcards")) {
            for (JsonNode place : changes.path("dashcards")) {
                if (!place.path("card_id").isNull()) {
                    refer("card", place.path("card_id"));
                }
                if (place.path("id").asInt() < 0) {
                    ((ObjectNode) place).put("id", ++last);
                }
            }
        }
        if (changes.has("dataset_query")) {
            checkFields(changes.path("dataset_query"));
        }
        thing.setAll(changes);
        return thing.deepCopy();
    }

    private void check(String request, JsonNode body) throws Refused {
        JsonSchema schema = schemas.get(request);
        if (schema != null) {
            Set<ValidationMessage> wrong = schema.validate(body);
            if (!wrong.isEmpty()) {
                throw new Refused(400, request + ": " + wrong);
            }
        }
    }

    private void checkFields(JsonNode query) throws Refused {
        for (JsonNode tag : query.at("/stages/0/template-tags")) {
            if (!fields.containsValue(tag.at("/dimension/2").asInt())) {
                throw new Refused(400, "There is no field " + tag);
            }
        }
    }

    private void refer(String kind, JsonNode id) throws Refused {
        if (!id.isInt() || !of(kind).containsKey(id.asInt())) {
            throw new Refused(400, "There is no %s %s".formatted(kind, id));
        }
    }

    private ArrayNode list(String kind) {
        return JSON.createArrayNode().addAll(of(kind).values());
    }

    private ArrayNode inCollection(int collection) {
        ArrayNode found = JSON.createArrayNode();
        of("dashboard").values().stream()
                .filter(thing -> thing.path("collection_id").asInt() == collection)
                .forEach(found::add);
        return found;
    }

    private ArrayNode ofCard(int card) {
        ArrayNode found = JSON.createArrayNode();
        of("notification").values().stream()
                .filter(thing -> thing.at("/payload/card_id").asInt() == card)
                .forEach(found::add);
        return found;
    }

    private JsonNode metadata() {
        Map<String, ArrayNode> tables = new TreeMap<>();
        if (synced) {
            fields.forEach((column, id) -> tables.computeIfAbsent(column.get(0), table -> JSON.createArrayNode())
                    .addObject()
                    .put("id", id)
                    .put("name", column.get(1)));
        }
        ArrayNode list = JSON.createArrayNode();
        tables.forEach((table, columns) -> {
            ObjectNode found = list.addObject();
            found.put("schema", "crm_kpi");
            found.put("name", table);
            found.set("fields", columns);
        });
        return JSON.createObjectNode().set("tables", list);
    }

    private JsonNode translate(JsonNode body) {
        ObjectNode answer = JSON.createObjectNode();
        body.at("/entity_ids/card").forEach(entityId -> {
            ObjectNode found = answer.putObject(entityId.asText());
            found.put("type", "card").put("status", "not-found");
            of("card").values().stream()
                    .filter(card -> card.path("entity_id").asText().equals(entityId.asText()))
                    .forEach(card -> found.put("id", card.path("id").asInt()).put("status", "ok"));
        });
        return JSON.createObjectNode().set("entity_ids", answer);
    }
}
