package nl.rentguy.crm.kpi.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import nl.rentguy.crm.kpi.metabase.Dashboard;
import nl.rentguy.crm.kpi.metabase.Dashboard.Card;
import nl.rentguy.crm.kpi.metabase.Dashboard.Column;
import nl.rentguy.crm.kpi.metabase.Language;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard as a drawing: its layout, titles, formats and colours as its file has them, its figures as its queries give them. No
 * picture of Metabase, which draws it in its own way.
 */
final class DashboardPicture {

    private static final int COLUMN = 56;
    private static final int ROW = 46;
    private static final int GAP = 8;
    private static final int TITLE = 26;
    private static final int LINE = 24;
    private static final int GRID = 24;
    private static final int HEADING = 2;
    private static final String TEXT = "#303D46";
    private static final String FAINT = "#8A97A0";
    private static final List<String> SERIES =
            List.of("#509EE3", "#88BF4D", "#A989C5", "#F2A86F", "#EF8C8C", "#98D9D9", "#7172AD", "#F9D45C");

    private final Dashboard dashboard;
    private final Language language;
    private final NumberFormat numbers;
    private final StringBuilder svg = new StringBuilder();

    private DashboardPicture(Dashboard dashboard, Language language) {
        this.dashboard = dashboard;
        this.language = language;
        this.numbers = NumberFormat.getInstance(language == Language.NL ? Locale.forLanguageTag("nl-NL") : Locale.UK);
        numbers.setRoundingMode(RoundingMode.HALF_UP);
    }

    /** What a card's query returns, each row by its columns in their order. */
    @FunctionalInterface
    interface Rows {
        List<Map<String, @Nullable String>> of(Card card) throws Exception;
    }

    /** The dashboard with those figures, as SVG. */
    static String draw(Dashboard dashboard, Language language, Rows rows) throws Exception {
        DashboardPicture picture = new DashboardPicture(dashboard, language);
        int height = dashboard.cards().stream()
                .mapToInt(card -> card.at().get(0) + card.at().get(3))
                .max()
                .orElse(0);
        picture.svg.append("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="Lato, Helvetica, Arial, sans-serif" font-size="13">
                <rect width="100%%" height="100%%" fill="#F9FBFC"/>
                """.formatted(GRID * COLUMN + GAP, height * ROW + GAP));
        picture.text(
                GAP + 8,
                HEADING * ROW / 2.0 + 10,
                24,
                TEXT,
                "start",
                true,
                dashboard.name().in(language));
        for (Card card : dashboard.cards()) {
            picture.card(card, rows.of(card));
        }
        return picture.svg.append("</svg>\n").toString();
    }

    private void card(Card card, List<Map<String, @Nullable String>> rows) {
        List<Integer> at = card.at();
        Box box = new Box(
                at.get(1) * COLUMN + GAP, at.get(0) * ROW + GAP, at.get(2) * COLUMN - GAP, at.get(3) * ROW - GAP);
        svg.append(
                "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"><title>%s</title><rect x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#FFFFFF\" stroke=\"#E3E7E9\"/>%n"
                        .formatted(
                                box.x,
                                box.y,
                                box.width,
                                box.height,
                                escaped(card.description().in(language)),
                                box.width - 1,
                                box.height - 1));
        text(12, 20, 13, TEXT, "start", true, card.title().in(language));
        switch (card.display()) {
            case "scalar" -> scalar(card, rows, box);
            case "funnel" -> funnel(card, rows, box);
            case "table" -> table(card, rows, box);
            case "line", "bar" -> chart(card, rows, box);
            default -> throw new IllegalArgumentException("a card is a " + card.display());
        }
        svg.append("</svg>\n");
    }

    private record Box(int x, int y, int width, int height) {}

    private void scalar(Card card, List<Map<String, @Nullable String>> rows, Box box) {
        String column = (String) Objects.requireNonNull(card.settings().get("scalar.field"));
        String value = rows.get(0).get(column);
        String colour = TEXT;
        for (Map<?, ?> segment : list(card.settings().get("scalar.segments"))) {
            double number = Double.parseDouble(Objects.requireNonNull(value));
            if (number >= number(segment.get("min")) && number <= number(segment.get("max"))) {
                colour = (String) Objects.requireNonNull(segment.get("color"));
            }
        }
        boolean instant = column.equals("as_of");
        double size = instant ? 17 : box.height > 100 ? 30 : 22;
        text(
                12,
                TITLE + (box.height - TITLE) / 2.0 + size / 3,
                size,
                colour,
                "start",
                true,
                shown(card, column, value));
    }

    private void funnel(Card card, List<Map<String, @Nullable String>> rows, Box box) {
        String name = (String) Objects.requireNonNull(card.settings().get("funnel.dimension"));
        String metric = (String) Objects.requireNonNull(card.settings().get("funnel.metric"));
        double most =
                rows.stream().mapToDouble(row -> number(row.get(metric))).max().orElse(1);
        double width = (box.width - 24.0) / Math.max(1, rows.size());
        double middle = TITLE + (box.height - TITLE) / 2.0;
        double highest = (box.height - TITLE - 60.0) / 2;
        for (int i = 0; i < rows.size(); i++) {
            double left = highest * number(rows.get(i).get(metric)) / most;
            double right =
                    highest * number(rows.get(Math.min(i + 1, rows.size() - 1)).get(metric)) / most;
            double x = 12 + i * width;
            svg.append(format(
                    "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"#509EE3\" opacity=\"%.2f\"/>%n",
                    x,
                    middle - left,
                    x + width - 3,
                    middle - right,
                    x + width - 3,
                    middle + right,
                    x,
                    middle + left,
                    1 - 0.25 * i));
            text(
                    x + width / 2,
                    TITLE + 14,
                    13,
                    TEXT,
                    "middle",
                    false,
                    Objects.requireNonNull(rows.get(i).get(name)));
            text(
                    x + width / 2,
                    box.height - 12,
                    15,
                    TEXT,
                    "middle",
                    true,
                    shown(card, metric, rows.get(i).get(metric)));
        }
    }

    private void table(Card card, List<Map<String, @Nullable String>> rows, Box box) {
        if (rows.isEmpty()) {
            text(12, TITLE + LINE, 13, FAINT, "start", false, "-");
            return;
        }
        List<String> columns = new ArrayList<>(rows.get(0).keySet());
        int fits = Math.min(rows.size(), (box.height - TITLE - LINE - 6) / LINE);
        Map<String, Double> widths = new LinkedHashMap<>();
        for (String column : columns) {
            int longest = label(column).length() + 2;
            for (Map<String, @Nullable String> row : rows.subList(0, fits)) {
                longest = Math.max(longest, shown(card, column, row.get(column)).length());
            }
            widths.put(column, 6.5 * Math.min(longest, 22) + 14 + (bar(column) ? 40 : 0));
        }
        double all = widths.values().stream().mapToDouble(Double::doubleValue).sum();
        double stretch = (box.width - 24) / all;
        double size = Math.min(12, 12 * stretch);
        double x = 12;
        for (String column : columns) {
            double width = widths.getOrDefault(column, 0.0) * stretch;
            boolean number = rows.stream().allMatch(row -> isNumber(row.get(column)));
            double textAt = number ? x + width - 6 : x;
            String anchor = number ? "end" : "start";
            text(textAt, TITLE + LINE - 8, size, FAINT, anchor, true, label(column));
            double most = rows.stream()
                    .mapToDouble(row -> number ? number(row.get(column)) : 0)
                    .max()
                    .orElse(0);
            for (int i = 0; i < fits; i++) {
                Map<String, @Nullable String> row = rows.get(i);
                double y = TITLE + LINE * (i + 1.0);
                String colour = colour(card, column, row.get(column));
                if (colour != null) {
                    svg.append(format(
                            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\" opacity=\"0.6\"/>%n",
                            x - 4, y, width - 2, LINE, colour));
                }
                if (bar(column) && number && most > 0) {
                    svg.append(format(
                            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"8\" fill=\"#C9DFF5\"/>%n",
                            x, y + 8, 36 * stretch * number(row.get(column)) / most));
                }
                text(textAt, y + 16, size, TEXT, anchor, false, cut(shown(card, column, row.get(column))));
            }
            x += width;
        }
    }

    private static String cut(String text) {
        return text.length() <= 24 ? text : text.substring(0, 23) + "…";
    }

    private @Nullable String colour(Card card, String column, @Nullable String value) {
        for (Map<?, ?> rule : list(card.settings().get("table.column_formatting"))) {
            if (value == null || !((List<?>) Objects.requireNonNull(rule.get("columns"))).contains(column)) {
                continue;
            }
            Object limit = rule.get("value");
            boolean holds = "=".equals(rule.get("operator")) ? value.equals(limit) : number(value) > number(limit);
            if (holds) {
                return (String) rule.get("color");
            }
        }
        return null;
    }

    private void chart(Card card, List<Map<String, @Nullable String>> rows, Box box) {
        List<?> dimensions = (List<?>) Objects.requireNonNull(card.settings().get("graph.dimensions"));
        List<?> metrics = (List<?>) Objects.requireNonNull(card.settings().get("graph.metrics"));
        List<String> days = rows.stream()
                .map(row -> String.valueOf(row.get((String) dimensions.get(0))))
                .distinct()
                .toList();
        Map<String, Map<String, Double>> series = new LinkedHashMap<>();
        for (Map<String, @Nullable String> row : rows) {
            for (Object metric : metrics) {
                String name = dimensions.size() > 1
                        ? String.valueOf(row.get((String) dimensions.get(1)))
                        : label((String) metric);
                series.computeIfAbsent(name, one -> new LinkedHashMap<>())
                        .put(String.valueOf(row.get((String) dimensions.get(0))), number(row.get((String) metric)));
            }
        }
        Object goal = card.settings().get("graph.goal_value");
        double most = series.values().stream()
                .flatMap(one -> one.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        most = round(Math.max(most, goal == null ? 0 : number(goal)));
        double left = 64;
        double top = TITLE + 26;
        double width = box.width - left - 16;
        double height = box.height - top - 28;
        for (int i = 0; i <= 4; i++) {
            double y = top + height * i / 4;
            svg.append(format(
                    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#EEF0F1\"/>%n",
                    left, y, left + width, y));
            text(
                    left - 6,
                    y + 4,
                    11,
                    FAINT,
                    "end",
                    false,
                    shown(
                            card,
                            (String) metrics.get(0),
                            BigDecimal.valueOf(most * (4 - i) / 4)
                                    .setScale(1, RoundingMode.HALF_UP)
                                    .toPlainString()));
        }
        text(left, box.height - 8.0, 11, FAINT, "start", false, days.get(0));
        text(left + width, box.height - 8.0, 11, FAINT, "end", false, days.get(days.size() - 1));
        int colour = 0;
        double legend = left;
        double step = width / Math.max(1, days.size());
        for (Map.Entry<String, Map<String, Double>> one : series.entrySet()) {
            String paint = SERIES.get(colour++ % SERIES.size());
            if (series.size() > 1 && legend < left + width - 60) {
                svg.append(
                        format("<circle cx=\"%.1f\" cy=\"%d\" r=\"4\" fill=\"%s\"/>%n", legend + 4, TITLE + 10, paint));
                text(legend + 12, TITLE + 14.0, 11, TEXT, "start", false, one.getKey());
                legend += 24 + 6.2 * one.getKey().length();
            }
            StringBuilder points = new StringBuilder();
            for (int i = 0; i < days.size(); i++) {
                Double value = one.getValue().get(days.get(i));
                if (value != null) {
                    double y = top + height * (1 - value / most);
                    if (card.display().equals("bar")) {
                        svg.append(format(
                                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n",
                                left + i * step, y, Math.max(1, step - 1), top + height - y, paint));
                    } else {
                        points.append(format("%.1f,%.1f ", left + (i + 0.5) * step, y));
                    }
                }
            }
            if (!points.isEmpty()) {
                svg.append("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n"
                        .formatted(points.toString().strip(), paint));
            }
        }
        if (goal != null) {
            double y = top + height * (1 - number(goal) / most);
            svg.append(format(
                    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-dasharray=\"6 4\"/>%n",
                    left, y, left + width, y, TEXT));
            text(
                    left + width,
                    y - 4,
                    11,
                    TEXT,
                    "end",
                    false,
                    String.valueOf(card.settings().get("graph.goal_label")));
        }
    }

    /** The next number of one digit that is easily divided by four. */
    private static double round(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(most, 1))));
        return power
                * List.of(1, 2, 4, 6, 8, 10).stream()
                        .filter(digit -> digit * power >= most)
                        .findFirst()
                        .orElse(10);
    }

    private String label(String column) {
        Column known = dashboard.columns().get(column);
        return known == null ? column : known.label().in(language);
    }

    private boolean bar(String column) {
        Column known = dashboard.columns().get(column);
        return known != null && known.bar();
    }

    /** The value in its column's format. */
    private String shown(Card card, String column, @Nullable String value) {
        if (value == null) {
            return "";
        }
        Column known = dashboard.columns().get(column);
        if (!isNumber(value) || known == null || column.endsWith("_id")) {
            return value.length() > 19 && value.charAt(10) == ' '
                    ? value.substring(0, column.equals("as_of") ? 19 : 16)
                    : value;
        }
        int decimals = known.decimals() != null ? known.decimals() : known.percent() ? 1 : known.money() ? 0 : 2;
        numbers.setMaximumFractionDigits(decimals);
        numbers.setMinimumFractionDigits(known.decimals() != null || known.percent() ? decimals : 0);
        BigDecimal number = new BigDecimal(value);
        if (known.percent()) {
            return numbers.format(number.movePointRight(2)) + " %";
        }
        boolean euros = known.money() && card.sql().contains("${currency}");
        return (euros ? "€ " : "") + numbers.format(number);
    }

    private static boolean isNumber(@Nullable String value) {
        return value == null || value.matches("-?\\d+(\\.\\d+)?");
    }

    private static double number(@Nullable Object value) {
        return value == null ? 0 : Double.parseDouble(value.toString());
    }

    private static List<Map<?, ?>> list(@Nullable Object setting) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (setting instanceof List<?> all) {
            all.forEach(one -> maps.add((Map<?, ?>) one));
        }
        return maps;
    }

    private void text(double x, double y, double size, String colour, String anchor, boolean bold, String text) {
        svg.append(format(
                "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" fill=\"%s\" text-anchor=\"%s\"%s>%s</text>%n",
                x, y, size, colour, anchor, bold ? " font-weight=\"700\"" : "", escaped(text)));
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
