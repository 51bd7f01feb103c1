package nl.rentguy.crm.kpi.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Items appear and vanish by the passing of time alone, and by what happens. */
class WatchlistTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Kpi WATCHLIST = new Kpis(KpiSettings.DEFAULTS).named("crm_watchlist_items");

    private final InMemoryTables tables = new InMemoryTables(new Kpis(KpiSettings.DEFAULTS));

    private void deal(String status, long stage, Instant at) {
        tables.apply(
                RowChange.of(
                        new Deal(
                                7,
                                "mrdj",
                                null,
                                1,
                                stage,
                                "Wedding",
                                200_000,
                                "EUR",
                                null,
                                50,
                                StatusWords.DEFAULTS.deal(status),
                                NOON,
                                at,
                                null),
                        0),
                at.toEpochMilli());
    }

    private void activity(String type, Instant occurred, @Nullable Instant due, @Nullable String status, Instant at) {
        tables.apply(
                RowChange.of(
                        new Activity(
                                3,
                                "mrdj",
                                7,
                                type,
                                occurred,
                                due,
                                status != null && StatusWords.DEFAULTS.isDone(status)),
                        0),
                at.toEpochMilli());
    }

    private void run(String status, Instant created, Instant at) {
        tables.apply(
                RowChange.of(
                        new AutomationRun(9, "mrdj", null, "welcome", StatusWords.DEFAULTS.run(status), created, null),
                        0),
                at.toEpochMilli());
    }

    /** Kinds and ids at that instant. */
    private List<String> items(Instant at) throws Exception {
        tables.advance(at.toEpochMilli());
        return tables.rows(WATCHLIST, at).keySet().stream()
                .map(key -> key.get(1) + " " + key.get(2))
                .sorted()
                .toList();
    }

    private static Instant days(int days) {
        return NOON.plus(Duration.ofDays(days));
    }

    @Test
    void anOpenDealIsIdleAfterSevenDaysAndStaleAfterFourteen() throws Exception {
        deal("open", 5, NOON);
        assertThat(items(days(7).minusMillis(1))).isEmpty();
        assertThat(items(days(7))).containsExactly("idle_deal 7");
        assertThat(items(days(14))).containsExactly("idle_deal 7");
        assertThat(items(days(14).plusMillis(1))).containsExactly("idle_deal 7", "stale_stage 7");
        activity("call", days(14), null, null, days(14).plusSeconds(1));
        assertThat(items(days(14).plusSeconds(2))).containsExactly("stale_stage 7");
        deal("open", 6, days(15));
        assertThat(items(days(15))).isEmpty();
        assertThat(items(days(21))).containsExactly("idle_deal 7");
        deal("won", 6, days(22));
        assertThat(items(days(60))).isEmpty();
    }

    @Test
    void anActivityThatIsStillToComeEndsIdlenessWhenItComes() throws Exception {
        deal("open", 5, NOON);
        activity("meeting", days(10), null, null, days(1));
        assertThat(items(days(8))).containsExactly("idle_deal 7");
        assertThat(items(days(10))).isEmpty();
    }

    @Test
    void aFailedRunIsListedForThirtyDaysAndAnEndlessOneFromItsDeadlineOn() throws Exception {
        run("failed", NOON, NOON);
        assertThat(items(days(30).minusMillis(1))).containsExactly("failed_run 9");
        assertThat(items(days(30))).isEmpty();
        run("running", days(30), days(30));
        assertThat(items(days(30).plus(Duration.ofMinutes(10)))).isEmpty();
        assertThat(items(days(30).plus(Duration.ofMinutes(10)).plusMillis(1))).containsExactly("overdue_run 9");
        Instant last = days(60).plus(Duration.ofMinutes(10));
        assertThat(items(last.minusMillis(1))).containsExactly("overdue_run 9");
        assertThat(items(last)).as("it hung for too long to be worth a look").isEmpty();
        run("completed", days(30), days(301));
        assertThat(items(days(301))).isEmpty();
    }

    @Test
    void aTaskIsOverdueFromWhenItWasDueUntilItIsDone() throws Exception {
        deal("won", 5, NOON);
        activity("task", NOON, days(2), "open", NOON);
        assertThat(items(days(2))).isEmpty();
        assertThat(items(days(2).plusMillis(1))).containsExactly("overdue_task 3");
        activity("task", NOON, days(2), "Done", days(3));
        assertThat(items(days(3))).isEmpty();
    }

    @Test
    void withoutTaskColumnsNoTaskIsEverOverdue() throws Exception {
        deal("won", 5, NOON);
        tables.apply(RowChange.of(new Activity(3, "mrdj", 7, "task", NOON, null, false), 0), NOON.toEpochMilli());
        assertThat(items(days(100))).isEmpty();
    }

    @Test
    void aDeletedDealTakesItsItemsAlong() throws Exception {
        deal("open", 5, NOON);
        assertThat(items(days(20))).hasSize(2);
        tables.apply(RowChange.deletion(CrmTable.DEALS, 7, 0), days(20).toEpochMilli());
        assertThat(items(days(20))).isEmpty();
        assertThat(tables.isEmpty()).isTrue();
    }
}
