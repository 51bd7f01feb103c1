package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.ChangeCapture;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The worked example of docs/kpis.md, from the CRM's rows to the document and the views: each number must come out. */
@SuppressWarnings("NullAway.Init") // set before each test
class DashboardTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private Connection database;

    @BeforeEach
    void example() throws SQLException {
        database = TestDatabase.create().connect();
        execute("""
                INSERT INTO crm_leads (id, tenant_id, name, source, created_at) VALUES
                  (1, 'mrdj', 'A', 'mr-dj.nl', '2026-11-17 12:00Z'), (2, 'mrdj', 'B', 'referral_partner', '2026-10-08 12:00Z');
                INSERT INTO crm_pipelines (id, tenant_id, name) VALUES (1, 'mrdj', 'Sales');
                INSERT INTO crm_pipeline_stages (id, pipeline_id, name, "order") VALUES (1, 1, 'Intake', 1), (2, 1, 'Proposal', 2);
                INSERT INTO crm_deals (id, tenant_id, lead_id, pipeline_id, stage_id, title, value, probability, status, created_at, updated_at, expected_close) VALUES
                  (1, 'mrdj', 1, 1, 1, 'Wedding', 2000, 50, 'open', '2026-11-12 12:00Z', '2026-11-12 12:00Z', '2026-12-02'),
                  (2, 'mrdj', 2, 1, 2, 'Gala', 3000, 100, 'won', '2026-11-02 12:00Z', '2026-11-21 12:00Z', NULL);
                INSERT INTO crm_automation_runs (id, tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at) VALUES
                  (1, 'mrdj', 1, 't', 'welcome', 'completed', '2026-11-22 11:52Z', '2026-11-22 11:57Z'),
                  (2, 'mrdj', 1, 't', 'invoice', 'failed', '2026-11-22 11:56Z', NULL);
                INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions, new_users, engaged_sessions,
                  ga_conversions, ga_conversion_value, gtm_conversions, gtm_conversion_value, ga_property_id, gtm_container_id)
                VALUES ('mrdj', 'Organic Search', 'google', '2026-11-22', 150, 90, 120, 15, 5000, 5, 1200, 'p', 'c')""");
        InMemoryTables tables = new InMemoryTables(new Kpis(KpiSettings.DEFAULTS));
        new ChangeCapture(database, new Random(1)).since(RowChange.IN_SNAPSHOT).forEach(tables::load);
        tables.advance(NOW.toEpochMilli());
        tables.writeTo(database, NOW);
        Dashboards.setKpiTime(database, NOW);
    }

    @AfterEach
    void disconnect() throws SQLException {
        database.close();
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    private String value(String sql) throws SQLException {
        try (Statement statement = database.createStatement();
                var row = statement.executeQuery(sql)) {
            assertThat(row.next()).as(sql).isTrue();
            return String.valueOf(row.getString(1));
        }
    }

    private JsonNode document(Dashboards.Question question) throws Exception {
        return new ObjectMapper().readTree(Dashboards.document(database, question));
    }

    @Test
    void everyNumberOfTheWorkedExampleComesOut() throws Exception {
        JsonNode document = document(Dashboards.Question.of("mrdj"));
        assertThat(Dashboards.document(database, Dashboards.Question.of("mrdj")))
                .contains(
                        "\"total_pipeline_value\": 5000.00",
                        "\"weighted_pipeline_value\": 4000.00",
                        "\"won_value_last_30_days\": 3000.00",
                        "\"avg_deal_cycle_days\": 19.00",
                        "\"automation_failure_rate\": 0.5000",
                        "\"active_workflows\": 2");
        JsonNode funnel = document.get("lead_funnel");
        assertThat(funnel.get("total_leads").intValue()).isEqualTo(2);
        assertThat(funnel.get("leads_last_30_days").intValue()).isEqualTo(1);
        assertThat(funnel.get("leads_with_deals").intValue()).isEqualTo(2);
        assertThat(funnel.get("conversion_rate").doubleValue()).isEqualTo(1.0);
        JsonNode intake = document.get("pipeline").get(0);
        assertThat(intake.get("stage_name").textValue()).isEqualTo("Intake");
        assertThat(intake.get("weighted_value").doubleValue()).isEqualTo(1000.0);
        assertThat(intake.get("avg_age_days").doubleValue()).isEqualTo(10.0);
        assertThat(document.get("pipeline").get(1).get("total_value").doubleValue())
                .isEqualTo(3000.0);
        JsonNode sales = document.get("sales");
        assertThat(sales.get("open_deals").intValue()).isEqualTo(1);
        assertThat(sales.get("won_deals_last_30_days").intValue()).isEqualTo(1);
        assertThat(sales.get("win_rate").doubleValue()).isEqualTo(1.0);
        assertThat(sales.get("avg_deal_value").doubleValue()).isEqualTo(2500.0);
        assertThat(sales.get("forecast_next_30_days").doubleValue()).isEqualTo(1000.0);
        assertThat(sales.get("pipeline_velocity_per_day").doubleValue()).isEqualTo(100.0);
        JsonNode acquisition = document.get("acquisition");
        assertThat(acquisition.get("blended_conversion_rate").doubleValue()).isEqualTo(0.1333);
        assertThat(acquisition.get("active_connectors").toString()).isEqualTo("[\"ga4\",\"gtm\"]");
        assertThat(document.get("automation").toString())
                .contains("\"sla_breaches\":0")
                .doesNotContain("\"sla_breaches\":1");
        assertThat(document.get("source_performance").findValuesAsText("key"))
                .containsExactly("google", "mr-dj.nl", "referral_partner");
    }

    @Test
    void theSameQuestionHasTheSameAnswer() throws Exception {
        String first = Dashboards.document(database, Dashboards.Question.of("mrdj"));
        execute("SET TIME ZONE 'Asia/Tokyo'");
        assertThat(Dashboards.document(database, Dashboards.Question.of("mrdj")))
                .isEqualTo(first);
    }

    @Test
    void aLookBackIsExactToTheDayAndRefusesWhatIsNone() throws Exception {
        JsonNode month = document(Dashboards.Question.of("mrdj"));
        JsonNode week = document(new Dashboards.Question("mrdj", null, null, null, 7));
        assertThat(week.get("lead_funnel").get("leads_last_30_days").intValue()).isEqualTo(1);
        assertThat(week.get("sales").get("bookings_last_30_days").intValue()).isEqualTo(1);
        assertThat(week.get("sales").get("pipeline_velocity_per_day").doubleValue())
                .isEqualTo(428.57);
        assertThat(week.get("sales").get("forecast_next_30_days").doubleValue()).isEqualTo(1000.0);
        assertThat(week.get("acquisition").get("lookback_days").intValue()).isEqualTo(7);
        JsonNode today = document(new Dashboards.Question("mrdj", null, null, null, 1));
        assertThat(today.get("sales").get("bookings_last_30_days").intValue()).isZero();
        assertThat(today.get("lead_funnel").get("leads_last_30_days").intValue())
                .isZero();
        assertThat(document(new Dashboards.Question("mrdj", null, null, null, 30)))
                .isEqualTo(month);
        for (int lookback : List.of(0, -1, 366)) {
            assertThatThrownBy(() -> document(new Dashboards.Question("mrdj", null, null, null, lookback)))
                    .hasMessageContaining("lookback_days is " + lookback + "; expected 1 to 365");
        }
    }

    @Test
    void aMeanOfNothingIsNullAndARateOfNothingZero() throws Exception {
        JsonNode document = document(Dashboards.Question.of("nobody"));
        assertThat(document.get("headline").get("avg_deal_cycle_days").isNull()).isTrue();
        assertThat(document.get("sales").get("avg_deal_value").isNull()).isTrue();
        assertThat(document.get("lead_funnel").get("conversion_rate").decimalValue())
                .isZero();
    }

    @Test
    void anUnknownTenantHasZeros() throws Exception {
        JsonNode document = document(Dashboards.Question.of("nobody"));
        assertThat(document.get("headline").get("total_pipeline_value").doubleValue())
                .isZero();
        assertThat(document.get("sales").get("win_rate").doubleValue()).isZero();
        assertThat(document.get("pipeline")).isEmpty();
        Dashboards.assertEqual(database, database, Dashboards.Question.of("nobody"), NOW);
    }

    @Test
    void aFigureThatIsOffByACentIsNoticed() throws Exception {
        Dashboards.assertEqual(database, database, Dashboards.Question.of("mrdj"), NOW);
        execute("UPDATE crm_kpi.crm_pipeline_velocity SET total_value = total_value + 0.01 WHERE stage_id = 1");
        assertThatThrownBy(() -> Dashboards.assertEqual(database, database, Dashboards.Question.of("mrdj"), NOW))
                .hasMessageContaining(
                        "$.headline.total_pipeline_value: the oracle says 5000.00, the dashboard 5000.01");
    }

    @Test
    void theViewsTellTheSame() throws SQLException {
        assertThat(
                        value(
                                "SELECT concat_ws(' ', total_pipeline_value, weighted_pipeline_value::int, won_value_30d, avg_deal_cycle_days, automation_failure_rate, active_workflows, conversion_rate) FROM crm_kpi.crm_headline WHERE tenant_id = 'mrdj' AND currency = 'EUR'"))
                .isEqualTo("5000.00 4000 3000.00 19.000000 0.500000 2 1.000000");
        assertThat(
                        value(
                                "SELECT string_agg(step || ' ' || count, ', ' ORDER BY step_order) FROM crm_kpi.crm_lead_funnel_steps WHERE tenant_id = 'mrdj'"))
                .isEqualTo("Leads 2, Deals 2, Won 1");
        assertThat(
                        value(
                                "SELECT string_agg(concat_ws(' ', workflow_id, run_count, failed_runs, round(avg_completion_minutes)), ', ' ORDER BY workflow_id) FROM crm_kpi.crm_automation_health"))
                .isEqualTo("invoice 1 1, welcome 1 0 5");
        assertThat(
                        value(
                                "SELECT string_agg(concat_ws(' ', kind, item_id, title, stage_name), ', ' ORDER BY kind, item_id) FROM crm_kpi.crm_operational_watchlist"))
                .isEqualTo("failed_run 2 Wedding Intake, idle_deal 1 Wedding Intake");
    }

    @Test
    void tenantsPipelinesAndStagesHaveTheirNamesAndKeepThem() throws SQLException {
        String stages =
                "SELECT string_agg(concat_ws(' ', tenant_id, pipeline_name, stage_name, stage_order), ', ' ORDER BY stage_id) FROM crm_kpi.crm_stages JOIN crm_kpi.crm_pipelines USING (pipeline_id, tenant_id)";
        assertThat(value(stages)).isEqualTo("mrdj Sales Intake 1, mrdj Sales Proposal 2");
        execute("UPDATE crm_kpi.crm_pipeline_velocity SET stage_name = 'First talk' WHERE stage_id = 1");
        execute("UPDATE crm_kpi.crm_sales_velocity SET pipeline_name = 'Events'");
        assertThat(value(stages)).isEqualTo("mrdj Events First talk 1, mrdj Events Proposal 2");
        execute("DELETE FROM crm_kpi.crm_pipeline_velocity");
        assertThat(value(stages)).isEqualTo("mrdj Events First talk 1, mrdj Events Proposal 2");
    }
}
