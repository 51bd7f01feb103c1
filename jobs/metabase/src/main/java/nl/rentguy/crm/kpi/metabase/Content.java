package nl.rentguy.crm.kpi.metabase;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import nl.rentguy.crm.kpi.metabase.Dashboard.Card;
import nl.rentguy.crm.kpi.metabase.Dashboard.Column;
import nl.rentguy.crm.kpi.metabase.Dashboard.Filter;

/** What cards and dashboard consist of, as Metabase writes it, both in files and in requests; they differ in how things are referred to. */
final class Content {

    private static final String SCHEMA = "crm_kpi";

    private final Dashboard dashboard;
    private final Language language;

    Content(Dashboard dashboard, Language language) {
        this.dashboard = dashboard;
        this.language = language;
    }

    /** How a database and a column of it are referred to: by names in files, by numbers in requests. */
    interface References {

        Object database();

        Object column(String schema, String table, String column);
    }

    /** The card's query, with a field filter for each of its filters. */
    Map<String, Object> query(Card card, References references) {
        Map<String, Object> tags = new LinkedHashMap<>();
        card.filters().forEach((name, column) -> {
            String[] parts = column.split("\\.", -1);
            Map<String, Object> tag = new LinkedHashMap<>();
            tag.put("id", Ids.uuid(card.key() + "/" + name));
            tag.put("name", name);
            tag.put("display-name", filter(name).label().in(language));
            tag.put("type", "dimension");
            tag.put("dimension", references.column(SCHEMA, parts[0], parts[1]));
            tag.put("widget-type", filter(name).type());
            tags.put(name, tag);
        });
        Map<String, Object> stage = new LinkedHashMap<>();
        stage.put("lib/type", "mbql.stage/native");
        stage.put("native", dashboard.sql(card));
        stage.put("template-tags", tags);
        Map<String, Object> query = new LinkedHashMap<>();
        query.put("lib/type", "mbql/query");
        query.put("database", references.database());
        query.put("stages", List.of(stage));
        return query;
    }

    private Filter filter(String name) {
        Filter filter = dashboard.filters().get(name);
        if (filter == null) {
            throw new IllegalArgumentException("There is no filter '%s'; expected one of %s"
                    .formatted(name, dashboard.filters().keySet()));
        }
        return filter;
    }

    /** How the card looks: its own settings, and of each column that its query names the title and format. */
    Map<String, Object> visualization(Card card) {
        Map<String, Object> settings = new LinkedHashMap<>(card.settings());
        Map<String, Object> columns = new LinkedHashMap<>();
        boolean oneCurrency = card.sql().contains("${currency}");
        dashboard.columns().forEach((name, column) -> {
            if (Pattern.compile("\\b" + name + "\\b").matcher(card.sql()).find()) {
                columns.put("[\"name\",\"%s\"]".formatted(name), format(column, oneCurrency));
            }
        });
        if (!columns.isEmpty()) {
            settings.put("column_settings", columns);
        }
        return settings;
    }

    private Map<String, Object> format(Column column, boolean oneCurrency) {
        Map<String, Object> format = new LinkedHashMap<>();
        format.put("column_title", column.label().in(language));
        if (column.percent()) {
            format.put("number_style", "percent");
            format.put("decimals", 1);
        } else if (column.money()) {
            format.put("decimals", 0);
            if (oneCurrency) {
                format.put("number_style", "currency");
                format.put("currency", "EUR");
            }
        } else if (column.decimals() != null) {
            format.put("decimals", column.decimals());
        }
        if (column.bar()) {
            format.put("show_mini_bar", true);
        }
        return format;
    }

    /** The dashboard's filters. */
    List<Object> parameters() {
        List<Object> parameters = new ArrayList<>();
        dashboard.filters().forEach((name, filter) -> {
            Map<String, Object> parameter = new LinkedHashMap<>();
            parameter.put("id", name);
            parameter.put("name", filter.label().in(language));
            parameter.put("slug", name);
            parameter.put("type", filter.type());
            parameter.put("sectionId", filter.section());
            parameters.add(parameter);
        });
        return parameters;
    }

    /** To which of its filters a card on the dashboard listens. */
    List<Object> mappings(Card card, Object cardId) {
        List<Object> mappings = new ArrayList<>();
        for (String name : card.filters().keySet()) {
            Map<String, Object> mapping = new LinkedHashMap<>();
            mapping.put("parameter_id", name);
            mapping.put("card_id", cardId);
            mapping.put("target", List.of("dimension", List.of("template-tag", name)));
            mappings.add(mapping);
        }
        return mappings;
    }

    /** A place in the grid. */
    static Map<String, Object> place(List<Integer> at) {
        Map<String, Object> place = new LinkedHashMap<>();
        place.put("row", at.get(0));
        place.put("col", at.get(1));
        place.put("size_x", at.get(2));
        place.put("size_y", at.get(3));
        return place;
    }

    /** The heading, which is no card. */
    Map<String, Object> heading() {
        // In this order, whatever the JVM: files are compared letter by letter.
        Map<String, Object> heading = new LinkedHashMap<>();
        heading.put("virtual_card", Map.of("display", "heading"));
        heading.put("text", dashboard.name().in(language));
        return heading;
    }

    static final List<Integer> HEADING_AT = List.of(0, 0, 14, 2);
}
