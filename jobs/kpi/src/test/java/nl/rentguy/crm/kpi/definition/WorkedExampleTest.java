package nl.rentguy.crm.kpi.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The worked example of docs/kpis.md, as far as these tables go: each number must come out. */
class WorkedExampleTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Kpis KPIS = new Kpis(KpiSettings.DEFAULTS);
    private static final Kpi VELOCITY = KPIS.named("crm_pipeline_velocity");
    private static final Kpi SALES = KPIS.named("crm_sales_velocity");
    private static final Kpi DAILY = KPIS.named("crm_deals_daily");
    private static final Kpi SLA = KPIS.named("crm_automation_sla");

    private final InMemoryTables tables = new InMemoryTables(KPIS);

    @BeforeEach
    void example() throws Exception {
        long now = NOW.toEpochMilli();
        tables.apply(RowChange.of(new Pipeline(1, "mrdj", "Sales"), now), now);
        tables.apply(RowChange.of(new Stage(1, 1, "Intake", 1), now), now);
        tables.apply(RowChange.of(new Stage(2, 1, "Proposal", 2), now), now);
        tables.apply(
                RowChange.of(
                        new Deal(
                                1,
                                "mrdj",
                                1L,
                                1,
                                1,
                                "Wedding",
                                200_000,
                                "EUR",
                                LocalDate.ofInstant(daysAgo(-10), ZoneOffset.UTC),
                                50,
                                Deal.Outcome.OPEN,
                                daysAgo(10),
                                daysAgo(10),
                                null),
                        now),
                now);
        tables.apply(
                RowChange.of(
                        new Deal(
                                2,
                                "mrdj",
                                2L,
                                1,
                                2,
                                "Gala",
                                300_000,
                                "EUR",
                                null,
                                100,
                                Deal.Outcome.WON,
                                daysAgo(20),
                                daysAgo(1),
                                null),
                        now),
                now);
        tables.apply(
                RowChange.of(
                        new AutomationRun(
                                1,
                                "mrdj",
                                null,
                                "welcome",
                                AutomationRun.Status.COMPLETED,
                                minutesAgo(8),
                                minutesAgo(3)),
                        now),
                now);
        tables.apply(
                RowChange.of(
                        new AutomationRun(2, "mrdj", 1L, "invoice", AutomationRun.Status.FAILED, minutesAgo(4), null),
                        now),
                now);
    }

    private static Instant daysAgo(int days) {
        return NOW.minus(Duration.ofDays(days));
    }

    private static Instant minutesAgo(int minutes) {
        return NOW.minus(Duration.ofMinutes(minutes));
    }

    private Map<String, String> row(Kpi kpi, Instant asOf, String... key) throws Exception {
        List<String> values = Objects.requireNonNull(
                tables.rows(kpi, asOf).get(List.of(key)), () -> kpi.table().name() + " has no row " + List.of(key));
        Map<String, String> row = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            row.put(kpi.table().valueColumns().get(i).name(), values.get(i));
        }
        return row;
    }

    @Test
    void intakeHasOneDealWeighted1000Aged10Days() throws Exception {
        assertThat(row(VELOCITY, NOW, "mrdj", "1", "1", "EUR"))
                .containsEntry("stage_name", "Intake")
                .containsEntry("deal_count", "1")
                .containsEntry("total_value", "2000")
                .containsEntry("weighted_value", "1000")
                .containsEntry("avg_age_days", "10")
                .containsEntry("open_deal_count", "1")
                .containsEntry("avg_days_in_stage", "10")
                .containsEntry("stale_deal_count", "0")
                .containsEntry("won_deals_30d", "0")
                .containsEntry("won_value_30d", "0");
    }

    @Test
    void proposalHasTheWonDeal() throws Exception {
        assertThat(row(VELOCITY, NOW, "mrdj", "1", "2", "EUR"))
                .containsEntry("deal_count", "1")
                .containsEntry("total_value", "3000")
                .containsEntry("weighted_value", "3000")
                .containsEntry("avg_age_days", "20")
                .containsEntry("open_deal_count", "0")
                .containsEntry("avg_days_in_stage", null)
                .containsEntry("avg_open_age_days", null)
                .containsEntry("won_deals_30d", "1")
                .containsEntry("won_value_30d", "3000")
                .containsEntry("lost_deals_30d", "0");
    }

    @Test
    void theWholePipelineIsWorth5000Weighted4000() throws Exception {
        BigDecimal total = BigDecimal.ZERO;
        BigDecimal weighted = BigDecimal.ZERO;
        for (String stage : List.of("1", "2")) {
            Map<String, String> row = row(VELOCITY, NOW, "mrdj", "1", stage, "EUR");
            total = total.add(new BigDecimal(row.get("total_value")));
            weighted = weighted.add(new BigDecimal(row.get("weighted_value")));
        }
        assertThat(total).isEqualByComparingTo("5000");
        assertThat(weighted).isEqualByComparingTo("4000");
    }

    @Test
    void thePipelineSells100PerDay() throws Exception {
        assertThat(row(SALES, NOW, "mrdj", "1", "EUR"))
                .containsEntry("total_deals", "2")
                .containsEntry("open_deals", "1")
                .containsEntry("total_pipeline_value", "5000")
                .containsEntry("weighted_pipeline_value", "4000")
                .containsEntry("won_deals_30d", "1")
                .containsEntry("won_value_30d", "3000")
                .containsEntry("lost_deals_30d", "0")
                .containsEntry("win_rate_30d", "1")
                .containsEntry("avg_deal_value", "2500")
                .containsEntry("avg_deal_cycle_days", "19")
                .containsEntry("forecast_next_30d", "1000")
                .containsEntry("won_value_per_day_30d", "100")
                .containsEntry("sales_velocity_per_day", "157.894737");
        assertThat(row(DAILY, NOW, "mrdj", "1", "2", "EUR", "2026-11-21"))
                .containsEntry("won_deals", "1")
                .containsEntry("won_value", "3000")
                .containsEntry("created_deals", "0");
    }

    @Test
    void noRunBreaksTheSlaAndHalfOfThemFailed() throws Exception {
        assertThat(row(SLA, NOW, "mrdj", "welcome", "2026-11-22"))
                .containsEntry("completed_runs", "1")
                .containsEntry("failed_runs", "0")
                .containsEntry("avg_completion_minutes", "5")
                .containsEntry("sla_breaches", "0")
                .containsEntry("failure_rate", "0");
        assertThat(row(SLA, NOW, "mrdj", "invoice", "2026-11-22"))
                .containsEntry("completed_runs", "0")
                .containsEntry("failed_runs", "1")
                .containsEntry("avg_completion_minutes", null)
                .containsEntry("sla_breaches", "0")
                .containsEntry("failure_rate", "1");
    }

    @Test
    void theFailedRunNeverBecomesOverdue() throws Exception {
        Instant later = NOW.plus(Duration.ofDays(399));
        tables.advance(later.toEpochMilli());
        assertThat(row(SLA, later, "mrdj", "invoice", "2026-11-22")).containsEntry("overdue_runs", "0");
    }

    @Test
    void theWinLeavesTheWindow30DaysAfterIt() throws Exception {
        Instant end = daysAgo(1).plus(Duration.ofDays(30));
        tables.advance(end.minusMillis(1).toEpochMilli());
        assertThat(row(VELOCITY, end.minusMillis(1), "mrdj", "1", "2", "EUR")).containsEntry("won_deals_30d", "1");
        tables.advance(end.toEpochMilli());
        assertThat(row(VELOCITY, end, "mrdj", "1", "2", "EUR")).containsEntry("won_deals_30d", "0");
    }

    @Test
    void theOpenDealTurnsStaleJustAfterItsFourteenthDay() throws Exception {
        Instant end = daysAgo(10).plus(Duration.ofDays(14));
        tables.advance(end.toEpochMilli());
        assertThat(row(VELOCITY, end, "mrdj", "1", "1", "EUR")).containsEntry("stale_deal_count", "0");
        tables.advance(end.plusMillis(1).toEpochMilli());
        assertThat(row(VELOCITY, end.plusMillis(1), "mrdj", "1", "1", "EUR")).containsEntry("stale_deal_count", "1");
    }

    @Test
    void aStageWithoutDealsHasOneRowOfZeros() throws Exception {
        tables.apply(RowChange.of(new Stage(3, 1, "Contract", 3), NOW.toEpochMilli()), NOW.toEpochMilli());
        assertThat(row(VELOCITY, NOW, "mrdj", "1", "3", "EUR"))
                .containsEntry("deal_count", "0")
                .containsEntry("total_value", "0")
                .containsEntry("avg_age_days", null);
    }
}
