package nl.rentguy.crm.kpi.metabase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nl.rentguy.crm.kpi.metabase.Dashboard.Card;
import org.jspecify.annotations.Nullable;

/** The dashboard as files of Metabase's representation format, which its serialization and remote sync read. */
public final class Representation {

    private static final String CREATOR = "internal@metabase.com";

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.LITERAL_BLOCK_STYLE)
            .disable(YAMLGenerator.Feature.SPLIT_LINES));

    private final Dashboard dashboard;
    private final Language language;
    private final Content content;

    private Representation(Dashboard dashboard, Language language) {
        this.dashboard = dashboard;
        this.language = language;
        this.content = new Content(dashboard, language);
    }

    /** Text of each file, by its path below the folder that is imported. */
    public static Map<String, String> of(Dashboard dashboard, Language language) {
        return new Representation(dashboard, language).files();
    }

    private Map<String, String> files() {
        Map<String, String> files = new TreeMap<>();
        files.put("collections/main/crm_kpi.yaml", yaml(collection()));
        files.put("collections/main/crm_kpi/dashboard.yaml", yaml(dashboard()));
        for (Card card : dashboard.allCards()) {
            files.put("collections/main/crm_kpi/%s.yaml".formatted(card.key().replace('-', '_')), yaml(card(card)));
        }
        return files;
    }

    private Map<String, Object> collection() {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("name", dashboard.collection().in(language));
        file.put("entity_id", collectionId());
        file.put("serdes/meta", meta("Collection", collectionId()));
        return file;
    }

    private String collectionId() {
        return Ids.entity("collection", language, "crm-kpi");
    }

    private static List<Object> meta(String model, String id) {
        Map<String, Object> meta = new LinkedHashMap<>();
        meta.put("model", model);
        meta.put("id", id);
        return List.of(meta);
    }

    private Map<String, Object> card(Card card) {
        String id = Ids.entity("card", language, card.key());
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("name", card.title().in(language));
        file.put("description", card.description().in(language));
        file.put("entity_id", id);
        file.put("collection_id", collectionId());
        file.put("creator_id", CREATOR);
        file.put("type", "question");
        file.put("display", card.display());
        file.put("database_id", dashboard.database());
        file.put("dataset_query", content.query(card, new Names()));
        file.put("visualization_settings", content.visualization(card));
        file.put("serdes/meta", meta("Card", id));
        return file;
    }

    private final class Names implements Content.References {

        @Override
        public Object database() {
            return dashboard.database();
        }

        @Override
        public Object column(String schema, String table, String column) {
            return List.of("field", Map.of(), List.of(dashboard.database(), schema, table, column));
        }
    }

    private Map<String, Object> dashboard() {
        String id = Ids.entity("dashboard", language, "crm-kpi");
        List<Object> places = new ArrayList<>();
        places.add(place(id, "heading", Content.HEADING_AT, null, List.of(), content.heading()));
        for (Card card : dashboard.cards()) {
            String cardId = Ids.entity("card", language, card.key());
            places.add(place(id, card.key(), card.at(), cardId, content.mappings(card, cardId), Map.of()));
        }
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("name", dashboard.name().in(language));
        file.put("description", dashboard.description().in(language));
        file.put("entity_id", id);
        file.put("collection_id", collectionId());
        file.put("creator_id", CREATOR);
        file.put("width", "full");
        file.put("parameters", content.parameters());
        file.put("dashcards", places);
        file.put("serdes/meta", meta("Dashboard", id));
        return file;
    }

    private Map<String, Object> place(
            String dashboardId,
            String key,
            List<Integer> at,
            @Nullable String cardId,
            List<Object> mappings,
            Map<String, Object> settings) {
        String id = Ids.entity("dashcard", language, key);
        Map<String, Object> place = new LinkedHashMap<>();
        place.put("entity_id", id);
        place.putAll(Content.place(at));
        place.put("card_id", cardId);
        place.put("parameter_mappings", mappings);
        place.put("visualization_settings", settings);
        List<Object> meta = new ArrayList<>(meta("Dashboard", dashboardId));
        meta.addAll(meta("DashboardCard", id));
        place.put("serdes/meta", meta);
        return place;
    }

    private static String yaml(Map<String, Object> file) {
        try {
            return YAML.writeValueAsString(file);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
