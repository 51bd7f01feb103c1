package nl.rentguy.crm.kpi.metabase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The last line of a description: what was sent there at last, and what the server made of it. By the first it is known whether there is
 * something new to send, by the second whether a person has changed it since.
 *
 * @param sent of the content that was sent
 * @param kept of the content as the server gave it back
 */
record Mark(String sent, String kept) {

    private static final Pattern LINE = Pattern.compile("\\s*\\(crm-kpi ([A-Za-z0-9_-]{8}) ([A-Za-z0-9_-]{8})\\)$");

    /** A short name of some content: the same whatever the order of its fields, and whether empty ones are there. */
    static String of(JsonNode content) {
        return Ids.hash(canonical(content).toString()).substring(0, 8);
    }

    /** The mark at the end of a description. */
    static Optional<Mark> in(String description) {
        Matcher line = LINE.matcher(description);
        return line.find() ? Optional.of(new Mark(line.group(1), line.group(2))) : Optional.empty();
    }

    /** The description without its mark. */
    static String without(String description) {
        return LINE.matcher(description).replaceFirst("");
    }

    /** The description with this mark. */
    String on(String description) {
        return "%s\n\n(crm-kpi %s %s)".formatted(without(description), sent, kept);
    }

    private static JsonNode canonical(JsonNode node) {
        if (node.isObject()) {
            TreeMap<String, JsonNode> fields = new TreeMap<>();
            node.properties().forEach(field -> {
                JsonNode value = canonical(field.getValue());
                if (!value.isNull() && !(value.isContainerNode() && value.isEmpty())) {
                    fields.put(field.getKey(), value);
                }
            });
            ObjectNode sorted = MetabaseApi.JSON.createObjectNode();
            fields.forEach(sorted::set);
            return sorted;
        }
        if (node.isArray()) {
            ArrayNode list = MetabaseApi.JSON.createArrayNode();
            node.forEach(element -> list.add(canonical(element)));
            return list;
        }
        return node;
    }
}
