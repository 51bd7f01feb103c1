package nl.rentguy.crm.kpi.metabase;

import static nl.rentguy.crm.kpi.metabase.MetabaseApi.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import nl.rentguy.crm.kpi.metabase.Dashboard.Card;
import org.jspecify.annotations.Nullable;

/**
 * Brings the dashboard into a Metabase server: the database connection, a collection, cards, the dashboard, an alert and a weekly
 * subscription. Done twice it changes nothing; what a person has changed stays, unless it is forced.
 */
public final class Push {

    private final Target target;
    private final MetabaseApi api;
    private final Dashboard dashboard;
    private final Content content;
    private final Connection connection;
    private final PrintWriter out;
    private int changes;

    /**
     * Where it goes, and how.
     *
     * @param url of the Metabase server
     * @param collection name of the collection, which is made where there is none; null for that of the dashboard
     * @param slackChannel where alert and subscription go; null for neither
     * @param dryRun whether it only tells what it would do
     * @param force whether it overwrites what a person has changed
     */
    public record Target(
            URI url,
            String apiKey,
            Language language,
            @Nullable String collection,
            @Nullable String slackChannel,
            boolean dryRun,
            boolean force) {}

    /**
     * The database connection that Metabase gets when it has none of that name.
     *
     * @param name in Metabase; null for that of the dashboard
     * @param user one that reads all tenants, or one
     */
    public record Connection(
            @Nullable String name, String host, int port, String database, String user, String password) {}

    private Push(Target target, Dashboard dashboard, Connection connection, PrintWriter out) {
        this.target = target;
        this.api = new MetabaseApi(target.url(), target.apiKey());
        this.dashboard = dashboard;
        this.content = new Content(dashboard, target.language());
        this.connection = connection;
        this.out = out;
    }

    /**
     * Pushes the dashboard that comes with this version.
     *
     * @param out is told what is done, a line each
     * @return how much was made or changed, or would be
     * @throws MetabaseException when the server cannot be reached, or refuses something; what was done until then is done, and is not done
     *     again by the next push
     */
    public static int push(Target target, Connection connection, PrintWriter out) {
        return new Push(target, Dashboard.load(), connection, out).run();
    }

    private int run() {
        api.get("/api/user/current");
        OptionalInt database = database();
        if (database.isEmpty()) {
            out.println("Everything else would be made then");
            return changes;
        }
        Optional<Columns> columns = columns(database.getAsInt());
        OptionalInt collection = collection();
        if (columns.isEmpty() || collection.isEmpty()) {
            out.println("Everything else would be made then");
            return changes;
        }
        Map<String, Integer> cards = cards(columns.get(), collection.getAsInt());
        OptionalInt id = dashboard(cards, collection.getAsInt());
        if (id.isPresent() && target.slackChannel() != null) {
            alert(cards, target.slackChannel());
            subscription(id.getAsInt(), target.slackChannel());
        }
        if (id.isPresent()) {
            out.println("%s/dashboard/%d#refresh=300".formatted(target.url(), id.getAsInt()));
        }
        return changes;
    }

    private void change(String what) {
        changes++;
        out.println((target.dryRun() ? "would " : "") + what);
    }

    // The database connection

    private OptionalInt database() {
        String name = connection.name() == null ? dashboard.database() : connection.name();
        JsonNode answer = api.get("/api/database");
        OptionalInt known = elements(answer.has("data") ? answer.path("data") : answer)
                .filter(database -> database.path("name").asText().equals(name))
                .mapToInt(database -> database.path("id").asInt())
                .findFirst();
        if (known.isPresent()) {
            return known;
        }
        change("make database connection '%s' as %s".formatted(name, connection.user()));
        if (target.dryRun()) {
            return OptionalInt.empty();
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("host", connection.host());
        details.put("port", connection.port());
        details.put("dbname", connection.database());
        details.put("user", connection.user());
        details.put("password", connection.password());
        details.put("schema-filters-type", "inclusion");
        details.put("schema-filters-patterns", "crm_kpi");
        JsonNode made = api.post("/api/database", Map.of("name", name, "engine", "postgres", "details", details));
        return OptionalInt.of(made.path("id").asInt());
    }

    /** Numbers that the server has for columns. */
    private record Columns(int number, Map<List<String>, Integer> ids) implements Content.References {

        @Override
        public Object column(String schema, String table, String column) {
            Integer id = ids.get(List.of(schema, table, column));
            if (id == null) {
                throw new MetabaseException("Metabase does not know column %s.%s.%s".formatted(schema, table, column));
            }
            return List.of("field", Map.of("lib/uuid", Ids.uuid(table + "." + column)), id);
        }

        @Override
        public Object database() {
            return number;
        }
    }

    /** Those of the filters, once the server has looked at the schema. Empty while it may not be asked to. */
    private Optional<Columns> columns(int database) {
        List<List<String>> needed = dashboard.cards().stream()
                .flatMap(card -> card.filters().values().stream())
                .distinct()
                .map(column -> List.of("crm_kpi", column.split("\\.", -1)[0], column.split("\\.", -1)[1]))
                .toList();
        Map<List<String>, Integer> ids = known(database);
        if (!ids.keySet().containsAll(needed)) {
            change("let Metabase look at schema crm_kpi");
            if (target.dryRun()) {
                return Optional.empty();
            }
            api.post("/api/database/%d/sync_schema".formatted(database), Map.of());
            long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
            while (!ids.keySet().containsAll(needed)) {
                if (System.nanoTime() > deadline) {
                    List<List<String>> missing = new ArrayList<>(needed);
                    missing.removeAll(ids.keySet());
                    throw new MetabaseException(
                            "Metabase does not find %s in its database %d; expected the KPI database, after crm-kpi migrate, as a role that reads schema crm_kpi"
                                    .formatted(missing, database));
                }
                pause();
                ids = known(database);
            }
        }
        return Optional.of(new Columns(database, ids));
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetabaseException("Interrupted", e);
        }
    }

    private Map<List<String>, Integer> known(int database) {
        Map<List<String>, Integer> ids = new LinkedHashMap<>();
        JsonNode metadata = api.get("/api/database/%d/metadata".formatted(database));
        metadata.path("tables").forEach(table -> table.path("fields")
                .forEach(field -> ids.put(
                        List.of(
                                table.path("schema").asText(),
                                table.path("name").asText(),
                                field.path("name").asText()),
                        field.path("id").asInt())));
        return ids;
    }

    private OptionalInt collection() {
        String name = target.collection() == null ? dashboard.collection().in(target.language()) : target.collection();
        OptionalInt known = elements(api.get("/api/collection"))
                .filter(collection -> collection.path("name").asText().equals(name)
                        && !collection.path("archived").asBoolean())
                .filter(collection -> collection.path("id").isInt())
                .mapToInt(collection -> collection.path("id").asInt())
                .findFirst();
        if (known.isPresent()) {
            return known;
        }
        change("make collection '%s'".formatted(name));
        return target.dryRun()
                ? OptionalInt.empty()
                : OptionalInt.of(api.post("/api/collection", Map.of("name", name))
                        .path("id")
                        .asInt());
    }

    // Cards

    /** Numbers of the cards that are there, by their keys. */
    private Map<String, Integer> cards(Columns columns, int collection) {
        List<Card> all = dashboard.allCards();
        Map<String, Integer> known = knownCards(all);
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (Card card : all) {
            ObjectNode wanted = wanted(card, columns);
            Integer id = known.get(card.key());
            if (id != null) {
                ids.put(card.key(), id);
                Thing thing = new Thing("card", "/api/card/" + id, card.title().in(target.language()));
                ObjectNode body = wanted.deepCopy();
                body.put("archived", false);
                update(thing, api.get(thing.path()), wanted, body, Push::ofCard);
            } else {
                change("make card '%s'".formatted(card.title().in(target.language())));
                if (!target.dryRun()) {
                    ObjectNode body = wanted.deepCopy();
                    body.put("entity_id", entityId(card));
                    body.put("collection_id", collection);
                    int made = api.post("/api/card", body).path("id").asInt();
                    ids.put(card.key(), made);
                    mark(new Thing("card", "/api/card/" + made, ""), wanted, Push::ofCard);
                }
            }
        }
        return ids;
    }

    /** A collection of its own may stand for a tenant of its own, so its name is part of what a card is found by. */
    private String entityId(Card card) {
        return Ids.entity(
                "card", target.language(), card.key() + (target.collection() == null ? "" : "/" + target.collection()));
    }

    private Map<String, Integer> knownCards(List<Card> all) {
        List<String> entityIds = all.stream().map(this::entityId).toList();
        JsonNode answer = api.post("/api/eid-translation/translate", Map.of("entity_ids", Map.of("card", entityIds)))
                .path("entity_ids");
        Map<String, Integer> known = new LinkedHashMap<>();
        for (Card card : all) {
            JsonNode found = answer.path(entityId(card));
            if (found.path("status").asText().equals("ok")) {
                known.put(card.key(), found.path("id").asInt());
            }
        }
        return known;
    }

    private ObjectNode wanted(Card card, Columns columns) {
        ObjectNode wanted = JSON.createObjectNode();
        wanted.put("name", card.title().in(target.language()));
        wanted.put("description", card.description().in(target.language()));
        wanted.put("display", card.display());
        wanted.set("dataset_query", JSON.valueToTree(content.query(card, columns)));
        wanted.set("visualization_settings", JSON.valueToTree(content.visualization(card)));
        return wanted;
    }

    private static ObjectNode ofCard(JsonNode server) {
        ObjectNode content = JSON.createObjectNode();
        for (String field : List.of("name", "display", "dataset_query", "visualization_settings")) {
            content.set(field, server.path(field));
        }
        content.put("description", Mark.without(server.path("description").asText()));
        content.put("archived", server.path("archived").asBoolean());
        return content;
    }

    // What cards and dashboard have in common

    private record Thing(String kind, String path, String title) {}

    private interface ContentOf {
        ObjectNode in(JsonNode server);
    }

    /**
     * Sends what is wanted, when it is new and nobody has changed what was sent before.
     *
     * @param server what is there
     * @param body what is wanted, with what the server numbers by itself
     */
    private void update(Thing thing, JsonNode server, ObjectNode wanted, ObjectNode body, ContentOf contentOf) {
        ObjectNode there = contentOf.in(server);
        Optional<Mark> mark = Mark.in(server.path("description").asText());
        boolean byHand = mark.isEmpty() || !mark.get().kept().equals(Mark.of(there));
        if (byHand && !target.force()) {
            out.println("keep %s '%s', which was changed by hand; --force overwrites it"
                    .formatted(thing.kind(), thing.title()));
        } else if (byHand || !mark.get().sent().equals(Mark.of(wanted))) {
            change("change %s '%s'".formatted(thing.kind(), thing.title()));
            if (target.dryRun()) {
                difference(there, wanted);
            } else {
                api.put(thing.path(), body);
                mark(thing, wanted, contentOf);
            }
        }
    }

    /** Notes in its description what was sent, and what the server has made of it. */
    private void mark(Thing thing, ObjectNode sent, ContentOf contentOf) {
        JsonNode server = api.get(thing.path());
        Mark mark = new Mark(Mark.of(sent), Mark.of(contentOf.in(server)));
        api.put(
                thing.path(),
                Map.of("description", mark.on(server.path("description").asText())));
    }

    private void difference(ObjectNode there, ObjectNode wanted) {
        wanted.properties().forEach(field -> {
            JsonNode is = there.path(field.getKey());
            if (!is.equals(field.getValue())) {
                out.println("  %s".formatted(field.getKey()));
                out.println("  - " + is);
                out.println("  + " + field.getValue());
            }
        });
    }

    // The dashboard

    private OptionalInt dashboard(Map<String, Integer> cards, int collection) {
        String name = dashboard.name().in(target.language());
        JsonNode items = api.get("/api/collection/%d/items?models=dashboard".formatted(collection))
                .path("data");
        OptionalInt known = elements(items)
                .filter(item -> item.path("name").asText().equals(name))
                .mapToInt(item -> item.path("id").asInt())
                .findFirst();
        if (known.isEmpty()) {
            change("make dashboard '%s'".formatted(name));
            if (target.dryRun()) {
                return OptionalInt.empty();
            }
            ObjectNode body = JSON.createObjectNode();
            body.put("name", name);
            body.put("description", dashboard.description().in(target.language()));
            body.put("collection_id", collection);
            int made = api.post("/api/dashboard", body).path("id").asInt();
            ObjectNode wanted = wantedDashboard(cards, api.get("/api/dashboard/" + made));
            api.put("/api/dashboard/" + made, wanted);
            mark(new Thing("dashboard", "/api/dashboard/" + made, name), withoutIds(wanted), this::ofDashboard);
            return OptionalInt.of(made);
        }
        if (cards.size() <= dashboard.cards().size()) {
            // Cards that would be made have no numbers yet.
            change("change dashboard '%s'".formatted(name));
            return known;
        }
        Thing thing = new Thing("dashboard", "/api/dashboard/" + known.getAsInt(), name);
        JsonNode server = api.get(thing.path());
        ObjectNode body = wantedDashboard(cards, server);
        update(thing, server, withoutIds(body), body, this::ofDashboard);
        return known;
    }

    /** Places keep the numbers that they have, as subscriptions name them; new ones are numbered below zero. */
    private ObjectNode wantedDashboard(Map<String, Integer> cards, JsonNode server) {
        Map<Integer, Integer> places = new LinkedHashMap<>();
        int heading = -1;
        for (JsonNode place : server.path("dashcards")) {
            if (place.path("card_id").isInt()) {
                places.put(place.path("card_id").asInt(), place.path("id").asInt());
            } else {
                heading = place.path("id").asInt();
            }
        }
        ArrayNode dashcards = JSON.createArrayNode();
        dashcards.add(place(heading, null, Content.HEADING_AT, List.of(), content.heading()));
        int next = -2;
        for (Card card : dashboard.cards()) {
            int id = cards.getOrDefault(card.key(), 0);
            Integer known = places.get(id);
            dashcards.add(place(known == null ? next-- : known, id, card.at(), content.mappings(card, id), Map.of()));
        }
        ObjectNode wanted = JSON.createObjectNode();
        wanted.put("name", dashboard.name().in(target.language()));
        wanted.put("description", dashboard.description().in(target.language()));
        wanted.put("width", "full");
        wanted.set("parameters", JSON.valueToTree(content.parameters()));
        wanted.set("dashcards", dashcards);
        return wanted;
    }

    private static ObjectNode place(
            int id, @Nullable Integer card, List<Integer> at, List<Object> mappings, Map<String, Object> settings) {
        ObjectNode place = JSON.createObjectNode();
        place.put("id", id);
        place.put("card_id", card);
        place.setAll((ObjectNode) JSON.valueToTree(Content.place(at)));
        place.set("parameter_mappings", JSON.valueToTree(mappings));
        place.set("visualization_settings", JSON.valueToTree(settings));
        return place;
    }

    private static ObjectNode withoutIds(ObjectNode wanted) {
        ObjectNode copy = wanted.deepCopy();
        copy.path("dashcards").forEach(place -> ((ObjectNode) place).remove("id"));
        return copy;
    }

    private ObjectNode ofDashboard(JsonNode server) {
        ObjectNode content = JSON.createObjectNode();
        content.put("name", server.path("name").asText());
        content.put("description", Mark.without(server.path("description").asText()));
        content.set("width", server.path("width"));
        content.set("parameters", server.path("parameters"));
        List<ObjectNode> places = new ArrayList<>();
        for (JsonNode place : server.path("dashcards")) {
            ObjectNode shown = JSON.createObjectNode();
            for (String field : List.of(
                    "card_id", "row", "col", "size_x", "size_y", "parameter_mappings", "visualization_settings")) {
                shown.set(field, place.path(field));
            }
            places.add(shown);
        }
        places.sort((a, b) -> a.toString().compareTo(b.toString()));
        content.set("dashcards", JSON.valueToTree(places));
        content.put("archived", server.path("archived").asBoolean());
        return content;
    }

    // What calls people

    private void alert(Map<String, Integer> cards, String channel) {
        Integer card = cards.get(dashboard.alert().key());
        boolean known = card != null
                && elements(api.get("/api/notification?card_id=" + card))
                        .findAny()
                        .isPresent();
        if (known) {
            return;
        }
        change("make alert '%s' to %s".formatted(dashboard.alert().title().in(target.language()), channel));
        if (card != null && !target.dryRun()) {
            api.post(
                    "/api/notification",
                    Map.of(
                            "payload_type",
                            "notification/card",
                            "payload",
                            Map.of("card_id", card, "send_condition", "has_result", "send_once", false),
                            "subscriptions",
                            List.of(Map.of(
                                    "type",
                                    "notification-subscription/cron",
                                    "cron_schedule",
                                    dashboard.alert().cron())),
                            "handlers",
                            List.of(Map.of(
                                    "channel_type",
                                    "channel/slack",
                                    "recipients",
                                    List.of(Map.of(
                                            "type",
                                            "notification-recipient/raw-value",
                                            "details",
                                            Map.of("value", channel)))))));
        }
    }

    private void subscription(int id, String channel) {
        boolean known = elements(api.get("/api/pulse?dashboard_id=" + id))
                .anyMatch(pulse -> pulse.path("dashboard_id").asInt() == id
                        && !pulse.path("archived").asBoolean());
        if (known) {
            return;
        }
        change("make weekly subscription to " + channel);
        if (target.dryRun()) {
            return;
        }
        List<Object> cards = new ArrayList<>();
        for (JsonNode place : api.get("/api/dashboard/" + id).path("dashcards")) {
            if (place.path("card_id").isInt()) {
                cards.add(Map.of(
                        "id",
                        place.path("card_id").asInt(),
                        "dashboard_card_id",
                        place.path("id").asInt(),
                        "include_csv",
                        false,
                        "include_xls",
                        false));
            }
        }
        Map<String, Object> weekly = Map.of(
                "channel_type",
                "slack",
                "enabled",
                true,
                "schedule_type",
                "weekly",
                "schedule_day",
                "mon",
                "schedule_hour",
                8,
                "details",
                Map.of("channel", channel));
        api.post(
                "/api/pulse",
                Map.of(
                        "name",
                        dashboard.name().in(target.language()),
                        "dashboard_id",
                        id,
                        "cards",
                        cards,
                        "channels",
                        List.of(weekly),
                        "skip_if_empty",
                        false));
    }

    private static Stream<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }
}
