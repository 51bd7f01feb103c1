package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import nl.rentguy.crm.kpi.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The series that alerts are made of, around midnight, and when there are none. */
@SuppressWarnings("NullAway.Init") // set before each test
class MetricsViewTest {

    private static final ZoneId AMSTERDAM = ZoneId.of("Europe/Amsterdam");

    private Connection database;

    @BeforeEach
    void connect() throws SQLException {
        database = TestDatabase.create().connect();
        execute("INSERT INTO crm_kpi.crm_tenants VALUES ('mrdj')");
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

    private void runs(LocalDate day, int runs, int failed, int breaches) throws SQLException {
        execute("""
                INSERT INTO crm_kpi.crm_automation_sla (tenant_id, workflow_id, run_date, run_count, completed_runs, failed_runs, open_runs,
                  late_runs, overdue_runs, sla_breaches, failure_rate, breach_rate, sla_minutes, as_of, timed_runs, completion_seconds_sum, ended_runs)
                VALUES ('mrdj', 'welcome', '%s', %d, 0, %d, 0, %d, 0, %d, 0, 0, 15, now(), 0, 0, 0)""".formatted(day, runs, failed, breaches, breaches));
    }

    /** Of the workflow or the job; -1 where there is no such series. */
    private double value(String metric) throws SQLException {
        try (PreparedStatement statement =
                database.prepareStatement("SELECT value FROM crm_kpi.crm_kpi_metrics WHERE metric = ?")) {
            statement.setString(1, metric);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getDouble(1) : -1;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-03-28", "2026-03-29", "2026-06-15", "2026-10-24", "2026-10-25", "2026-12-31"})
    void whatFailedInTheEveningIsThereAfterMidnightAlsoWhenSummerTimeBeginsOrEnds(LocalDate day) throws SQLException {
        runs(day, 10, 4, 1);
        Instant begin = day.atStartOfDay(AMSTERDAM).toInstant();
        Instant midnight = day.plusDays(1).atStartOfDay(AMSTERDAM).toInstant();
        Instant nextMidnight = day.plusDays(2).atStartOfDay(AMSTERDAM).toInstant();
        for (Instant during : new Instant[] {begin, midnight.minusMillis(1), midnight, nextMidnight.minusMillis(1)}) {
            Dashboards.setKpiTime(database, during);
            assertThat(value("crm_automation_failed_runs")).as("at %s", during).isEqualTo(4);
            assertThat(value("crm_automation_failure_ratio"))
                    .as("at %s", during)
                    .isEqualTo(0.4);
        }
        Dashboards.setKpiTime(database, nextMidnight);
        assertThat(value("crm_automation_failed_runs")).isZero();
        assertThat(value("crm_automation_failure_ratio")).isZero();
        assertThat(value("crm_automation_days_since_run")).isEqualTo(2);
        assertThat(value("crm_automation_sla_seconds")).isEqualTo(900);
    }

    @Test
    void thisWeekStandsBesideTheFourBefore() throws SQLException {
        LocalDate today = LocalDate.of(2026, 11, 26);
        for (int ago = 0; ago < 40; ago++) {
            runs(today.minusDays(ago), 10, 0, ago < 7 ? 3 : 1);
        }
        Dashboards.setKpiTime(database, today.atTime(12, 0).atZone(AMSTERDAM).toInstant());
        assertThat(value("crm_automation_week_runs")).isEqualTo(70);
        assertThat(value("crm_automation_week_breaches")).isEqualTo(21);
        assertThat(value("crm_automation_weeks_before_runs")).isEqualTo(280);
        assertThat(value("crm_automation_weeks_before_breaches")).isEqualTo(28);
        assertThat(value("crm_automation_days_with_runs")).isEqualTo(28);
        assertThat(value("crm_automation_days_since_run")).isZero();
    }

    @Test
    void aRunThatHangsIsToldWithoutAnyOtherRunOfItsWorkflow() throws SQLException {
        Instant now = Instant.parse("2026-11-26T12:00:00Z");
        Dashboards.setKpiTime(database, now);
        assertThat(value("crm_automation_overdue_runs")).as("nothing ran").isEqualTo(-1);
        execute("""
                INSERT INTO crm_kpi.crm_watchlist_items (tenant_id, kind, item_id, since, deal_id, workflow_id, as_of) VALUES
                  ('mrdj', 'overdue_run', 1, '2026-11-26 11:00Z', 7, 'welcome', now()), ('mrdj', 'overdue_run', 2, '2026-11-26 11:30Z', 7, 'welcome', now()),
                  ('mrdj', 'failed_run', 3, '2026-11-26 11:30Z', 8, 'welcome', now()), ('mrdj', 'failed_run', 4, '2026-11-20 11:30Z', 9, 'welcome', now())""");
        assertThat(value("crm_automation_overdue_runs")).isEqualTo(2);
        assertThat(value("crm_automation_overdue_seconds")).isEqualTo(3600);
        assertThat(value("crm_automation_affected_deals")).isEqualTo(2);
        assertThat(value("crm_automation_sla_seconds")).as("not known").isEqualTo(-1);
        assertThat(value("crm_automation_failure_ratio")).isZero();
    }

    @Test
    void theJobIsToldAlsoBeforeItsFirstRows() throws SQLException {
        assertThat(value("crm_kpi_phase")).as("no job").isEqualTo(-1);
        Dashboards.setKpiTime(database, Instant.now().minus(Duration.ofMinutes(5)));
        execute("UPDATE crm_kpi.crm_kpi_progress SET written_until = NULL");
        execute("UPDATE crm_kpi.crm_kpi_status SET phase = 'snapshot', updated_at = now() - interval '2 minutes'");
        assertThat(value("crm_kpi_behind_seconds")).isEqualTo(-1);
        assertThat(value("crm_kpi_status_silent_seconds")).isBetween(119.0, 150.0);
        execute("UPDATE crm_kpi.crm_kpi_progress SET written_until = now() - interval '5 minutes'");
        assertThat(value("crm_kpi_behind_seconds")).isBetween(299.0, 330.0);
    }

    @Test
    void acquisitionFiguresThatStopAreOld() throws SQLException {
        Dashboards.setKpiTime(database, Instant.parse("2026-11-26T12:00:00Z"));
        assertThat(value("crm_acquisition_days_old")).as("the tenant has none").isEqualTo(-1);
        execute("""
                INSERT INTO crm_kpi.crm_acquisition_daily (tenant_id, day, sessions, new_users, engaged_sessions, ga_conversions,
                  ga_conversion_value, gtm_conversions, gtm_conversion_value, blended_conversion_rate, active_connectors, as_of)
                VALUES ('mrdj', '2026-11-18', 50, 0, 0, 0, 0, 0, 0, 0, '{}', now()), ('mrdj', '2026-11-23', 20, 0, 0, 0, 0, 0, 0, 0, '{}', now())""");
        assertThat(value("crm_acquisition_days_old")).isEqualTo(3);
        assertThat(value("crm_acquisition_week_sessions")).isEqualTo(20);
    }
}
