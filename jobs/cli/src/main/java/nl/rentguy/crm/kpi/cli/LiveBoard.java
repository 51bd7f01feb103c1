package nl.rentguy.crm.kpi.cli;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What one company's dashboard shows, on the terminal, drawn over again each second; on anything but a terminal, a line every few seconds. */
final class LiveBoard {

    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS z").withZone(ZoneId.of("Europe/Amsterdam"));
    private static final int PLAIN_EVERY = 5;

    private final PrintStream out;
    private final boolean redraw;
    private int drawnLines;
    private int frames;

    /** @param redraw whether the output is a terminal that understands cursor movements */
    LiveBoard(PrintStream out, boolean redraw) {
        this.out = out;
        this.redraw = redraw;
    }

    /** Draws what the tables hold now. */
    void draw(Connection kpi) throws SQLException {
        if (redraw) {
            redraw(lines(kpi));
        } else if (frames++ % PLAIN_EVERY == 0) {
            out.println(lines(kpi).get(0));
        }
    }

    private void redraw(List<String> lines) {
        // Without wrapping: a line is a row, whatever the width.
        StringBuilder frame = new StringBuilder("\033[?7l");
        if (drawnLines > 0) {
            frame.append("\033[").append(drawnLines).append('A');
        }
        for (String line : lines) {
            frame.append("\033[2K").append(line).append('\n');
        }
        frame.append("\033[J\033[?7h");
        drawnLines = lines.size();
        out.print(frame);
        out.flush();
    }

    private static List<String> lines(Connection kpi) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (Statement statement = kpi.createStatement()) {
            lines.add(progress(statement));
            lines.add("");
            headline(statement, lines);
            funnel(statement, lines);
            lines.add("");
            stages(statement, lines);
            lines.add("");
            automations(statement, lines);
            lines.add("");
            watchlist(statement, lines);
        }
        return lines;
    }

    /** Draws all of it once more, where only lines were drawn. */
    void drawLast(Connection kpi) throws SQLException {
        if (!redraw) {
            lines(kpi).forEach(out::println);
        }
    }

    private static void headline(Statement statement, List<String> lines) throws SQLException {
        try (ResultSet row = statement.executeQuery(
                "SELECT * FROM crm_kpi.crm_headline WHERE tenant_id = 'mrdj' AND currency = 'EUR'")) {
            while (row.next()) {
                lines.add(String.format(
                        Locale.ROOT,
                        "mrdj: pipeline %,.0f EUR, weighted %,.0f, won in 30 days %,.0f; cycle %s days; automation failure rate %.3f",
                        row.getBigDecimal("total_pipeline_value"),
                        row.getBigDecimal("weighted_pipeline_value"),
                        row.getBigDecimal("won_value_30d"),
                        orDash("%.1f", row.getBigDecimal("avg_deal_cycle_days")),
                        row.getBigDecimal("automation_failure_rate")));
            }
        }
    }

    private static void funnel(Statement statement, List<String> lines) throws SQLException {
        try (ResultSet row = statement.executeQuery("""
                SELECT string_agg(step || ' ' || count, ' > ' ORDER BY step_order) FROM crm_kpi.crm_lead_funnel_steps
                WHERE tenant_id = 'mrdj'""")) {
            row.next();
            lines.add("funnel: " + row.getString(1));
        }
    }

    private static void watchlist(Statement statement, List<String> lines) throws SQLException {
        try (ResultSet row = statement.executeQuery("""
                SELECT string_agg(kind || ' ' || items, ', ' ORDER BY kind)
                FROM (SELECT kind, count(*) AS items FROM crm_kpi.crm_operational_watchlist WHERE tenant_id = 'mrdj' GROUP BY kind) kinds""")) {
            row.next();
            lines.add("watchlist: " + row.getString(1));
        }
        try (ResultSet row = statement.executeQuery("""
                SELECT * FROM crm_kpi.crm_operational_watchlist WHERE tenant_id = 'mrdj' AND kind = 'idle_deal'
                ORDER BY since LIMIT 4""")) {
            while (row.next()) {
                lines.add(String.format(
                        Locale.ROOT,
                        "  idle since %s  deal %-5d %-16.16s %-12.12s %10.2f %s",
                        row.getObject("since", OffsetDateTime.class).toLocalDate(),
                        row.getLong("deal_id"),
                        row.getString("title"),
                        row.getString("stage_name"),
                        row.getBigDecimal("value"),
                        row.getString("currency")));
            }
        }
    }

    private static String progress(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("""
                SELECT max(kpi_time) AS kpi_time,
                       (SELECT count(*) FROM crm_kpi.crm_pipeline_velocity) AS stages,
                       (SELECT sum(deal_count) FROM crm_kpi.crm_pipeline_velocity) AS deals,
                       (SELECT sum(run_count) FROM crm_kpi.crm_automation_sla) AS runs,
                       (SELECT sum(sla_breaches) FROM crm_kpi.crm_automation_sla) AS breaches
                FROM crm_kpi.crm_kpi_status""")) {
            row.next();
            OffsetDateTime kpiTime = row.getObject("kpi_time", OffsetDateTime.class);
            if (kpiTime == null) {
                return "waiting for the first KPI time";
            }
            return String.format(
                    Locale.ROOT,
                    "KPI time %s  lag %.1f s  |  all companies: %d stage rows, %d deals, %d automation runs, %d SLA breaches",
                    CLOCK.format(kpiTime.toInstant()),
                    Duration.between(kpiTime.toInstant(), Instant.now()).toMillis() / 1000.0,
                    row.getLong("stages"),
                    row.getLong("deals"),
                    row.getLong("runs"),
                    row.getLong("breaches"));
        }
    }

    private static void stages(Statement statement, List<String> lines) throws SQLException {
        lines.add("%-10s %-8s %-12s %3s %6s %12s %6s %7s %6s %5s %12s"
                .formatted(
                        "tenant",
                        "pipeline",
                        "stage",
                        "cur",
                        "deals",
                        "value",
                        "open",
                        "in stg",
                        "stale",
                        "won30",
                        "won value"));
        try (ResultSet row = statement.executeQuery("""
                SELECT * FROM crm_kpi.crm_pipeline_velocity
                WHERE tenant_id = 'mrdj'
                ORDER BY tenant_id, pipeline_id, stage_order, currency LIMIT 12""")) {
            while (row.next()) {
                lines.add(String.format(
                        Locale.ROOT,
                        "%-10.10s %-8.8s %-12.12s %3.3s %6d %12.2f %6d %7s %6d %5d %12.2f",
                        row.getString("tenant_id"),
                        row.getString("pipeline_name"),
                        row.getString("stage_name"),
                        row.getString("currency"),
                        row.getLong("deal_count"),
                        row.getBigDecimal("total_value"),
                        row.getLong("open_deal_count"),
                        orDash("%.1fd", row.getBigDecimal("avg_days_in_stage")),
                        row.getLong("stale_deal_count"),
                        row.getLong("won_deals_30d"),
                        row.getBigDecimal("won_value_30d")));
            }
        }
    }

    private static void automations(Statement statement, List<String> lines) throws SQLException {
        lines.add("%-10s %-18s %-10s %5s %6s %6s %5s %7s %8s %8s"
                .formatted(
                        "tenant",
                        "workflow",
                        "day",
                        "runs",
                        "failed",
                        "open",
                        "late",
                        "overdue",
                        "avg min",
                        "p95 min"));
        try (ResultSet row = statement.executeQuery("""
                SELECT * FROM crm_kpi.crm_automation_sla WHERE tenant_id = 'mrdj'
                ORDER BY run_date DESC, workflow_id LIMIT 5""")) {
            while (row.next()) {
                lines.add(String.format(
                        Locale.ROOT,
                        "%-10.10s %-18.18s %-10s %5d %6d %6d %5d %7d %8s %8s",
                        row.getString("tenant_id"),
                        row.getString("workflow_id"),
                        row.getString("run_date"),
                        row.getLong("run_count"),
                        row.getLong("failed_runs"),
                        row.getLong("open_runs"),
                        row.getLong("late_runs"),
                        row.getLong("overdue_runs"),
                        orDash("%.2f", row.getBigDecimal("avg_completion_minutes")),
                        orDash("%.2f", row.getBigDecimal("p95_completion_minutes"))));
            }
        }
    }

    private static String orDash(String format, @Nullable BigDecimal value) {
        return value == null ? "-" : String.format(Locale.ROOT, format, value);
    }
}
