package nl.rentguy.crm.kpi.metabase;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard as {@code deploy/metabase/crm-kpi.yml} has it.
 *
 * @param database name of the database connection in Metabase that the queries go to
 * @param macros what stands in queries as <code>${name}</code>
 * @param filters of the dashboard, by the name that they have in queries, in the order shown
 * @param columns how a column of that name is shown, whichever card it is in
 * @param alert what returns rows only while an alert should be sent
 */
public record Dashboard(
        Text name,
        Text description,
        String database,
        Text collection,
        Map<String, String> macros,
        Map<String, Filter> filters,
        Map<String, Column> columns,
        List<Card> cards,
        Alert alert) {

    /** In each language. */
    public record Text(String nl, String en) {

        public String in(Language language) {
            return switch (language) {
                case NL -> nl;
                case EN -> en;
            };
        }
    }

    /**
     * A filter of the whole dashboard, which a card takes part in when it names it.
     *
     * @param type of Metabase's widget
     */
    public record Filter(String type, String section, Text label) {}

    /**
     * How a column is shown.
     *
     * @param decimals null for as many as there are
     * @param bar whether a bar stands beside the number
     */
    public record Column(
            String nl,
            String en,
            boolean money,
            boolean percent,
            @Nullable Integer decimals,
            boolean bar) {

        public Text label() {
            return new Text(nl, en);
        }
    }

    /**
     * A card.
     *
     * @param key its name among all cards, for ever: what it is found by again
     * @param at row, column, width and height in the grid of 24 columns
     * @param filters name of a filter to the column that it is applied to, table and column
     * @param sql with macros
     * @param settings Metabase's own visualization settings, in no language
     */
    public record Card(
            String key,
            Text title,
            Text description,
            String display,
            List<Integer> at,
            @Nullable Map<String, String> filters,
            String sql,
            Map<String, Object> settings) {

        /** In the order of the dashboard's filters. */
        @Override
        public Map<String, String> filters() {
            return filters == null ? Map.of() : filters;
        }
    }

    /**
     * A query that returns rows only while something is wrong.
     *
     * @param cron how often it is asked, in Quartz's seven fields
     */
    public record Alert(String key, Text title, Text description, String sql, String cron) {

        /** As a card that has no place on the dashboard. */
        public Card card() {
            return new Card(key, title, description, "table", List.of(0, 0, 1, 1), null, sql, Map.of());
        }
    }

    /** The one that comes with this version. */
    public static Dashboard load() {
        try (InputStream file = Objects.requireNonNull(Dashboard.class.getResourceAsStream("/metabase/crm-kpi.yml"))) {
            return new ObjectMapper(new YAMLFactory()).readValue(file, Dashboard.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The cards of the dashboard, and the alert's, which has no place on it. */
    public List<Card> allCards() {
        return Stream.concat(cards.stream(), Stream.of(alert.card())).toList();
    }

    /** The card's query with what its macros stand for. */
    public String sql(Card card) {
        String sql = card.sql().strip();
        for (Map.Entry<String, String> macro : macros.entrySet()) {
            sql = sql.replace("${" + macro.getKey() + "}", macro.getValue());
        }
        return sql;
    }
}
