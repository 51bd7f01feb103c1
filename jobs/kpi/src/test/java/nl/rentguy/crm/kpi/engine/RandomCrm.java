package nl.rentguy.crm.kpi.engine;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Things that happen in a CRM, each chosen by a few numbers, so that a history is a list of numbers and shrinks well. */
public final class RandomCrm {

    /**
     * One thing that happens.
     *
     * @param what chooses the action
     * @param which chooses the row
     * @param value chooses what is written
     * @param when chooses how the written instants lie relative to KPI time
     * @param jump chooses how much time passes afterwards, with no event
     */
    public record Step(int what, int which, int value, int when, int jump) {}

    private static final List<String> TENANTS = List.of("mrdj", "feestkompas");
    private static final List<String> DEAL_STATUS =
            List.of("open", "won", "WON", "lost", "closed_lost", "Negotiating", "LOST");
    private static final List<String> RUN_STATUS = List.of(
            "queued",
            "running",
            "completed",
            "Succeeded",
            "failed",
            "FAILED",
            "cancelled",
            "waiting",
            "ERROR",
            "Canceled",
            "done",
            "FAİLED",
            "Paused");
    private static final List<String> CURRENCIES = List.of("EUR", "EUR", "eur", "USD", "Chf", "€", "EUR ");
    private static final List<Integer> DAYS_AHEAD = List.of(-999, -31, -1, 0, 1, 2, 14, 29, 30, 31, 60);
    private static final List<Integer> DAYS_LOADED = List.of(-400, -31, -30, -29, -28, -2, -1, 0, 1);
    private static final List<@Nullable String> SOURCES = Arrays.asList(
            "Google",
            "google ",
            "GOOGLE",
            "bruidsbeurs",
            "",
            "  ",
            null,
            "Café",
            "CAFÉ",
            "pipeline",
            "Direct/Other",
            "GA Other",
            "ga/other",
            "ΟΔΥΣΣΕΥΣ",
            "Οδυσσευς",
            "İSTANBUL",
            "istanbul",
            "https://example.org/?c=" + "𝒢é".repeat(2_000));
    private static final List<String> ACTIVITIES = List.of("call", "email", "task");
    private static final List<String> TASKS = List.of("task", "Task", "TASK", "call");
    private static final List<@Nullable String> TASK_STATUS =
            Arrays.asList("open", "done", "Completed", null, "CLOSED", "busy");
    private static final List<String> OF_TENANTS =
            List.of("crm_leads", "crm_pipelines", "crm_activities", "crm_automation_runs", "crm_acquisition_metrics");
    private static final List<String> WORKFLOWS = List.of("flow-0", "flow-1", "flow-" + "1".repeat(3_000));

    /** No date, as CRMs write it. */
    private static final List<String> NO_DATES = List.of("9999-12-31", "infinity", "-infinity", "1800-01-01");

    private static final Duration DAYS_7 = Duration.ofDays(7);
    private static final Duration MINUTES_10 = Duration.ofMinutes(10);
    private static final Duration DAYS_14 = Duration.ofDays(14);
    private static final Duration DAYS_30 = Duration.ofDays(30);
    private static final Duration MICRO = Duration.ofNanos(1000);

    /** How far in the past an instant lies that somebody writes: now, and around every limit there is. */
    private static final List<Duration> OFFSETS = List.of(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofNanos(123_456_000),
            MINUTES_10,
            MINUTES_10.minus(MICRO),
            MINUTES_10.plus(MICRO),
            Duration.ofMinutes(25),
            Duration.ofMillis(-3),
            Duration.ofHours(3),
            DAYS_7,
            DAYS_7.minus(MICRO),
            DAYS_14,
            DAYS_14.minus(MICRO),
            DAYS_30,
            DAYS_30.minus(MICRO),
            DAYS_30.plus(MICRO),
            Duration.ofDays(400),
            Duration.ofMinutes(-10),
            Duration.ofDays(-2));

    /** How much time passes: nothing, an instant, and exactly, just short of and just over every limit. */
    private static final List<Duration> JUMPS = List.of(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofMillis(1),
            Duration.ofSeconds(7),
            MINUTES_10,
            MINUTES_10.minusMillis(1),
            MINUTES_10.plusMillis(1),
            Duration.ofMinutes(25),
            Duration.ofHours(30),
            DAYS_7,
            DAYS_7.minusMillis(1),
            Duration.ofDays(371),
            DAYS_14,
            DAYS_14.minusMillis(1),
            DAYS_14.plusMillis(1),
            DAYS_30,
            DAYS_30.minusMillis(1),
            DAYS_30.plusMillis(1));

    private final Connection crm;

    RandomCrm(Connection crm) {
        this.crm = crm;
    }

    static Duration jump(Step step) {
        return any(JUMPS, step.jump());
    }

    /** Does it, as of that KPI time; does nothing where there is no row to do it to. */
    void apply(Step step, Instant now) throws SQLException {
        Instant then = now.minus(any(OFFSETS, step.when()));
        int value = step.value();
        switch (step.what() % 47) {
            case 0 -> {
                int pipeline = id(
                        "INSERT INTO crm_pipelines (tenant_id, name) VALUES (?, ?) RETURNING id",
                        any(TENANTS, value),
                        name("p", step));
                stage(pipeline, step);
            }
            case 1 -> stage(pick("crm_pipelines", step), step);
            case 2, 3, 4 -> deal(step, now, then);
            case 5, 6 -> {
                int stage = pick("crm_pipeline_stages", step.value());
                update(
                        "UPDATE crm_deals SET stage_id = ?, pipeline_id = (SELECT pipeline_id FROM crm_pipeline_stages WHERE id = ?), updated_at = ? WHERE id = ?",
                        stage,
                        stage,
                        now,
                        pick("crm_deals", step));
            }
            case 7 ->
                update(
                        "UPDATE crm_deals SET value = ?, probability = ?, currency = ?, updated_at = ?, expected_close = ? WHERE id = ?",
                        value - 50,
                        value % 101,
                        any(CURRENCIES, value),
                        now,
                        expectedClose(step, now),
                        pick("crm_deals", step));
            case 8, 9, 10 ->
                update(
                        "UPDATE crm_deals SET status = ?, updated_at = ? WHERE id = ?",
                        any(DEAL_STATUS, value),
                        then,
                        pick("crm_deals", step));
            case 11 -> update("DELETE FROM crm_deals WHERE id = ?", pick("crm_deals", step));
            case 12 ->
                update(
                        "UPDATE crm_pipeline_stages SET name = ?, \"order\" = ? WHERE id = ?",
                        name("s", step),
                        value,
                        pick("crm_pipeline_stages", step));
            case 13 ->
                update("UPDATE crm_pipelines SET name = ? WHERE id = ?", name("p", step), pick("crm_pipelines", step));
            case 14 -> {
                if (value % 3 == 0) {
                    int pipeline = pick("crm_pipelines", step);
                    update(
                            "DELETE FROM crm_deals WHERE pipeline_id = ? OR stage_id IN (SELECT id FROM crm_pipeline_stages WHERE pipeline_id = ?)",
                            pipeline,
                            pipeline);
                    update("DELETE FROM crm_pipelines WHERE id = ?", pipeline);
                } else if (value % 3 == 1) {
                    int stage = pick("crm_pipeline_stages", step);
                    update("DELETE FROM crm_deals WHERE stage_id = ?", stage);
                    update("DELETE FROM crm_pipeline_stages WHERE id = ?", stage);
                } else {
                    update(
                            "UPDATE crm_pipeline_stages SET pipeline_id = ?, name = ? WHERE id = ?",
                            pick("crm_pipelines", value),
                            name("m", step),
                            pick("crm_pipeline_stages", step));
                }
            }
            case 15, 16 -> {
                String status = any(RUN_STATUS, value);
                update(
                        "INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at) VALUES (?, (SELECT id FROM crm_deals WHERE id = ?), 't', ?, ?, ?, ?)",
                        any(TENANTS, step.which()),
                        value % 3 == 0 ? 0 : pick("crm_deals", step),
                        any(WORKFLOWS, value),
                        status,
                        then,
                        value % 5 == 0 ? now : null);
            }
            case 17 ->
                update(
                        "UPDATE crm_automation_runs SET status = ? WHERE id = ?",
                        any(RUN_STATUS, value),
                        pick("crm_automation_runs", step));
            case 18 ->
                update(
                        "UPDATE crm_automation_runs SET completed_at = ?, status = 'completed' WHERE id = ?",
                        value % 7 == 0 ? null : then,
                        pick("crm_automation_runs", step));
            case 19, 20 -> loadMetrics(step, now);
            case 21 ->
                update("DELETE FROM crm_acquisition_metrics WHERE id = ?", pick("crm_acquisition_metrics", step));
            case 22, 23, 24 ->
                update(
                        "INSERT INTO crm_leads (tenant_id, name, source, created_at) VALUES (?, 'n', ?, ?)",
                        any(TENANTS, step.which()),
                        any(SOURCES, value),
                        then);
            case 25 ->
                update("UPDATE crm_leads SET source = ? WHERE id = ?", any(SOURCES, value), pick("crm_leads", step));
            case 26 -> update("DELETE FROM crm_leads WHERE id = ?", pick("crm_leads", step));
            case 27 -> {
                int lead = pick("crm_leads", step.value());
                update(
                        "UPDATE crm_deals SET lead_id = ?, updated_at = ? WHERE id = ?",
                        value % 4 == 0 || lead == 0 ? null : lead,
                        now,
                        pick("crm_deals", step));
            }
            case 28, 29, 30 ->
                update(
                        "INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary, occurred_at) SELECT CASE WHEN ? THEN 'feestkompas' ELSE tenant_id END, id, ?, 's', ? FROM crm_deals WHERE id = ?",
                        value % 8 == 0,
                        any(ACTIVITIES, value),
                        then,
                        pick("crm_deals", step));
            case 31 ->
                update(
                        "UPDATE crm_activities SET occurred_at = ?, activity_type = ?, deal_id = coalesce((SELECT id FROM crm_deals WHERE id = ?), deal_id) WHERE id = ?",
                        then,
                        any(ACTIVITIES, value),
                        value % 2 == 0 ? 0 : pick("crm_deals", value),
                        pick("crm_activities", step));
            case 32 -> update("DELETE FROM crm_activities WHERE id = ?", pick("crm_activities", step));
            case 33 -> update("DELETE FROM crm_automation_runs WHERE id = ?", pick("crm_automation_runs", step));
            // By hand, or by somebody's script: updated_at stays as it is.
            case 34, 35 ->
                update(
                        "UPDATE crm_deals SET status = ? WHERE id = ?",
                        any(DEAL_STATUS, value),
                        pick("crm_deals", step));
            case 36 ->
                update(
                        "UPDATE crm_deals SET stage_id = ? WHERE id = ?",
                        pick("crm_pipeline_stages", step.value()),
                        pick("crm_deals", step));
            case 37 -> restoreADeal(step, now);
            case 38 ->
                update(
                        "UPDATE crm_deals SET expected_close = ?::date, probability = ? WHERE id = ?",
                        any(NO_DATES, value),
                        value % 5 == 0 ? null : value % 7 == 0 ? -1 : value % 3 == 0 ? 2_000_000_000 : value % 101,
                        pick("crm_deals", step));
            case 39 ->
                update(
                        "UPDATE crm_automation_runs SET completed_at = CASE WHEN ? THEN 'infinity' ELSE created_at - interval '3 ms' END, status = 'completed' WHERE id = ?",
                        value % 6 == 0,
                        pick("crm_automation_runs", step));
            case 40 -> nameless(step, now);
            case 41 ->
                update(
                        "UPDATE crm_deals SET tenant_id = ?, updated_at = CASE WHEN ? THEN updated_at ELSE ? END WHERE id = ?",
                        any(TENANTS, value),
                        value % 3 == 0,
                        now,
                        pick("crm_deals", step));
            case 42 -> {
                String table = any(OF_TENANTS, step.when());
                update("UPDATE " + table + " SET tenant_id = ? WHERE id = ?", any(TENANTS, value), pick(table, step));
            }
            case 43 -> otherKey(step);
            case 44 ->
                update(
                        "UPDATE crm_automation_runs SET deal_id = (SELECT id FROM crm_deals WHERE id = ?) WHERE id = ?",
                        value % 4 == 0 ? 0 : pick("crm_deals", value),
                        pick("crm_automation_runs", step));
            case 45 ->
                update(
                        "UPDATE crm_activities SET activity_type = ?, due_at = ?, status = ? WHERE id = ?",
                        any(TASKS, step.when()),
                        value % 7 == 0 ? null : then,
                        any(TASK_STATUS, value),
                        pick("crm_activities", step));
            default ->
                update(
                        "UPDATE crm_deals SET lead_id = (SELECT id FROM crm_leads l WHERE l.tenant_id <> crm_deals.tenant_id ORDER BY id LIMIT 1) WHERE id = ?",
                        pick("crm_deals", step));
        }
    }

    /** What nobody else refers to gets another key: for the log one row goes, and another one comes. */
    private void otherKey(Step step) throws SQLException {
        String table = any(OF_TENANTS, step.when());
        String free =
                switch (table) {
                    case "crm_leads" -> "NOT EXISTS (SELECT FROM crm_deals WHERE lead_id = old.id)";
                    case "crm_pipelines" ->
                        "NOT EXISTS (SELECT FROM crm_pipeline_stages WHERE pipeline_id = old.id) AND NOT EXISTS (SELECT FROM crm_deals WHERE pipeline_id = old.id)";
                    default -> "true";
                };
        update("UPDATE " + table + " AS old SET id = id + 1000000 WHERE id = ? AND " + free, pick(table, step));
        update(
                "UPDATE crm_deals AS old SET id = id + 1000000 WHERE id = ? AND NOT EXISTS (SELECT FROM crm_activities WHERE deal_id = old.id) AND NOT EXISTS (SELECT FROM crm_automation_runs WHERE deal_id = old.id)",
                step.value() % 2 == 0 ? 0 : pick("crm_deals", step));
    }

    /** In other letters than the CRM's. */
    static String anyStageName(Connection crm, Random choice) throws SQLException {
        try (Statement statement = crm.createStatement();
                ResultSet row = statement.executeQuery("SELECT upper(name) FROM crm_pipeline_stages ORDER BY id OFFSET "
                        + choice.nextInt(3) + " LIMIT 1")) {
            return row.next() ? row.getString(1) : "no such stage";
        }
    }

    /** Deletes every row there is. */
    void clear() throws SQLException {
        update("DELETE FROM crm_deals");
        update("DELETE FROM crm_pipelines");
        update("DELETE FROM crm_automation_runs");
        update("DELETE FROM crm_acquisition_metrics");
        update("DELETE FROM crm_leads");
    }

    /** As the loader does: a range of dates is deleted and inserted again, in one transaction, with new ids. */
    private void loadMetrics(Step step, Instant now) throws SQLException {
        String tenant = any(TENANTS, step.which());
        LocalDate first =
                LocalDate.ofInstant(now, ZoneId.of("Europe/Amsterdam")).plusDays(any(DAYS_LOADED, step.when()));
        update(
                "DELETE FROM crm_acquisition_metrics WHERE tenant_id = ? AND captured_date BETWEEN ? AND ?",
                tenant,
                first,
                first.plusDays(2));
        for (int day = 0; day <= step.value() % 3; day++) {
            update(
                    """
                    INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions, new_users, engaged_sessions,
                      ga_conversions, ga_conversion_value, gtm_conversions, gtm_conversion_value, ga_property_id, gtm_container_id)
                    VALUES (?, 'organic', ?, ?, ?, ?, ?, ?, ?, ?, ?, CASE WHEN ? THEN 'ga' END, CASE WHEN ? THEN 'gtm' END)""",
                    tenant,
                    any(SOURCES, step.which()),
                    first.plusDays(day),
                    step.value() % 200,
                    step.value() % 50,
                    step.value() % 90,
                    step.value() % 9,
                    BigDecimal.valueOf(step.value() * 77L, 2),
                    step.value() % 4,
                    BigDecimal.valueOf(step.value() * 11L, 2),
                    step.value() % 2 == 0,
                    step.value() % 5 == 0);
        }
    }

    /** Figures of which nobody knows where they are from: several rows of a day share a key. */
    private void nameless(Step step, Instant now) throws SQLException {
        LocalDate day = LocalDate.ofInstant(now, ZoneId.of("Europe/Amsterdam")).plusDays(any(DAYS_LOADED, step.when()));
        for (int i = 0; i <= step.value() % 2; i++) {
            update(
                    "INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions, ga_conversion_value, ga_property_id) VALUES (?, ?, NULL, ?, ?, ?, 'ga')",
                    any(TENANTS, step.which()),
                    step.value() % 3 == 0 ? null : "Paid Search",
                    day,
                    step.value() % 4 == 0 ? null : step.value() % 70,
                    step.value() % 5 == 0 ? null : BigDecimal.valueOf(step.value(), 2));
        }
    }

    /** One that was deleted, from a backup, under its id. */
    private void restoreADeal(Step step, Instant now) throws SQLException {
        int stage = pick("crm_pipeline_stages", step);
        update("""
                INSERT INTO crm_deals (id, tenant_id, pipeline_id, stage_id, title, value, status, created_at, updated_at)
                SELECT (SELECT deal_id FROM oracle.past_visits p WHERE NOT EXISTS (SELECT FROM crm_deals d WHERE d.id = p.deal_id)
                        ORDER BY deal_id LIMIT 1), p.tenant_id, p.id, s.id, 'back', 700, ?, ?, ?
                FROM crm_pipeline_stages s JOIN crm_pipelines p ON p.id = s.pipeline_id
                WHERE s.id = ? AND EXISTS (SELECT FROM oracle.past_visits p WHERE NOT EXISTS (SELECT FROM crm_deals d WHERE d.id = p.deal_id))""", any(DEAL_STATUS, step.value()), now, now, stage);
    }

    private void deal(Step step, Instant now, Instant then) throws SQLException {
        int stage = pick("crm_pipeline_stages", step);
        update(
                """
                INSERT INTO crm_deals (lead_id, tenant_id, pipeline_id, stage_id, title, value, currency, probability, status, created_at, updated_at, expected_close)
                SELECT (SELECT id FROM crm_leads WHERE id = ?), CASE ? WHEN 0 THEN 'elsewhere' WHEN 1 THEN 'feestkompas' ELSE p.tenant_id END, p.id, s.id, 't', ?, ?, ?, ?, ?, ?, ?
                FROM crm_pipeline_stages s JOIN crm_pipelines p ON p.id = s.pipeline_id WHERE s.id = ?""",
                step.value() % 5 == 0 ? 0 : pick("crm_leads", step),
                step.value() % 10,
                BigDecimal.valueOf(step.value() * 3333L, 2),
                any(CURRENCIES, step.which()),
                step.value() % 101,
                any(DEAL_STATUS, step.value()),
                then,
                step.when() % 2 == 0 ? now : then,
                expectedClose(step, now),
                stage);
    }

    /** Around today and the end of the window; sometimes none. */
    private static @Nullable LocalDate expectedClose(Step step, Instant now) {
        LocalDate today = LocalDate.ofInstant(now, ZoneId.of("Europe/Amsterdam"));
        Integer ahead = any(DAYS_AHEAD, step.jump());
        return ahead < -100 ? null : today.plusDays(ahead);
    }

    private void stage(int pipeline, Step step) throws SQLException {
        if (pipeline != 0) {
            update(
                    "INSERT INTO crm_pipeline_stages (pipeline_id, name, \"order\") VALUES (?, ?, ?)",
                    pipeline,
                    name("s", step),
                    step.value() % 7);
        }
    }

    /** Names are unique per parent in the CRM. */
    private String name(String prefix, Step step) throws SQLException {
        return prefix + step.which() % 4 + "-" + id("SELECT nextval('crm_deals_id_seq')");
    }

    private int pick(String table, Step step) throws SQLException {
        return pick(table, step.which());
    }

    private int pick(String table, int which) throws SQLException {
        List<Integer> ids = new ArrayList<>();
        try (Statement statement = crm.createStatement();
                ResultSet row = statement.executeQuery("SELECT id FROM " + table + " ORDER BY id")) {
            while (row.next()) {
                ids.add(row.getInt(1));
            }
        }
        return ids.isEmpty() ? 0 : any(ids, which);
    }

    private int id(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    private void update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            statement.executeUpdate();
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = crm.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            Object value = parameters[i];
            if (value == null) {
                statement.setNull(i + 1, Types.NULL);
            } else {
                statement.setObject(i + 1, value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value);
            }
        }
        return statement;
    }

    private static <T> T any(List<T> of, int choice) {
        return of.get(Math.floorMod(choice, of.size()));
    }
}
