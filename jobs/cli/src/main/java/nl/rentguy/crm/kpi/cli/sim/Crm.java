package nl.rentguy.crm.kpi.cli.sim;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The writes that the simulated CRM makes, each through a prepared statement of the given connection. */
final class Crm {

    private final Connection connection;

    Crm(Connection connection) {
        this.connection = connection;
    }

    /** Runs an INSERT and tells the new row's id. */
    int insert(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql + " RETURNING id", parameters);
                ResultSet id = statement.executeQuery()) {
            id.next();
            return id.getInt(1);
        }
    }

    /** Runs an UPDATE or DELETE. */
    void update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            statement.executeUpdate();
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            Object value = parameters[i];
            statement.setObject(i + 1, value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value);
        }
        return statement;
    }

    int lead(String tenant, @Nullable String source, String name, Instant createdAt) throws SQLException {
        return insert(
                "INSERT INTO crm_leads (tenant_id, name, email, source, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                tenant,
                name,
                name.toLowerCase(Locale.ROOT).replace(' ', '.') + "@example.nl",
                source,
                createdAt,
                createdAt);
    }

    int deal(
            String tenant,
            @Nullable Integer lead,
            int pipeline,
            int stage,
            String title,
            long cents,
            String currency,
            int probability,
            String status,
            Instant createdAt,
            Instant updatedAt)
            throws SQLException {
        return insert(
                """
                INSERT INTO crm_deals (tenant_id, lead_id, pipeline_id, stage_id, title, value, currency, probability,
                  status, expected_close, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                tenant,
                lead,
                pipeline,
                stage,
                title,
                BigDecimal.valueOf(cents, 2),
                currency,
                probability,
                status,
                createdAt.plus(Duration.ofDays(45)).atOffset(ZoneOffset.UTC).toLocalDate(),
                createdAt,
                updatedAt);
    }

    int run(String tenant, int deal, String workflow, String status, Instant createdAt, @Nullable Instant completedAt)
            throws SQLException {
        return insert("""
                INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at)
                VALUES (?, ?, 'deal.stage_changed', ?, ?, ?, ?)""", tenant, deal, workflow, status, createdAt, completedAt);
    }

    /**
     * What a channel brought on a day.
     *
     * @param worth of a conversion, whole units
     * @param tagged whether Google Tag Manager saw it too
     */
    void figures(
            String tenant,
            @Nullable String channel,
            @Nullable String source,
            LocalDate day,
            int sessions,
            int worth,
            boolean tagged)
            throws SQLException {
        int conversions = sessions / 25;
        update(
                """
                INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions, new_users,
                  engaged_sessions, ga_conversions, ga_conversion_value, ga_property_id, gtm_conversions, gtm_conversion_value,
                  gtm_container_id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'properties/1', ?, ?, ?)""",
                tenant,
                channel,
                source,
                day,
                sessions,
                sessions / 2,
                sessions * 2 / 3,
                conversions,
                conversions * worth,
                tagged ? conversions / 2 : 0,
                tagged ? conversions * 40 : 0,
                tagged ? "GTM-1" : null);
    }

    void activity(String tenant, int deal, String type, Instant at) throws SQLException {
        update(
                "INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary, occurred_at, created_at) VALUES (?, ?, ?, 'note', ?, ?)",
                tenant,
                deal,
                type,
                at,
                at);
    }
}
