package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.StageVisit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is read back of tables as jobs may have left them; that whole histories come back is shown by the random ones. */
@SuppressWarnings("NullAway.Init") // set before each test
class StageHistoryReaderTest {

    private Connection kpi;

    @BeforeEach
    void connect() throws SQLException {
        kpi = TestDatabase.create().connect();
    }

    @AfterEach
    void disconnect() throws SQLException {
        kpi.close();
    }

    /** @param rows visit, stage, hours of entering, leaving and closing on a day, outcome, hour of the deletion */
    private void table(String tenant, String asOf, String rows) throws SQLException {
        try (Statement statement = kpi.createStatement()) {
            statement.execute("""
                    INSERT INTO crm_kpi.crm_tenants VALUES ('%1$s') ON CONFLICT DO NOTHING;
                    INSERT INTO crm_kpi.crm_pipelines VALUES (1, '%1$s') ON CONFLICT DO NOTHING;
                    INSERT INTO crm_kpi.crm_stages SELECT n, 1, '%1$s' FROM generate_series(1, 9) n ON CONFLICT DO NOTHING;
                    INSERT INTO crm_kpi.crm_deal_stage_history
                    SELECT '%1$s', 7, visit, 1, stage, '2026-11-01Z'::timestamptz + entered, '2026-11-01Z'::timestamptz + lft,
                      '2026-11-01Z'::timestamptz + closed, 10, 'EUR', outcome, '%2$s',
                      '2026-11-01Z'::timestamptz + deleted
                    FROM (VALUES %3$s) AS t (visit, stage, entered, lft, closed, outcome, deleted)""".formatted(
                            tenant,
                            asOf,
                            rows.replaceAll("h(\\d+)", "interval '$1 hours'").replaceAll("\\?", "NULL")));
        }
    }

    private List<PastDeal> read() throws SQLException {
        List<PastDeal> deals = new ArrayList<>();
        assertThat(StageHistoryReader.read(kpi, 0, 1, deals::add)).isEqualTo(deals.size());
        return deals;
    }

    private static String text(PastDeal past) {
        DealHistory history = past.history();
        return history == null ? "gone after visit " + past.lastVisit() : text(history);
    }

    private static String text(DealHistory history) {
        StringBuilder text = new StringBuilder();
        for (StageVisit visit : history.leftVisits()) {
            text.append("%d: %d until %s, "
                    .formatted(visit.stageId(), visit.length().toHours(), visit.end()));
        }
        return text
                + "%d in %d of %s, %s"
                        .formatted(
                                history.visit(),
                                history.deal().stageId(),
                                history.deal().tenantId(),
                                history.deal().outcome());
    }

    @Test
    void aHalfWrittenMoveEndsWhenTheNextVisitBegins() throws SQLException {
        table("mrdj", "2026-11-02Z", "(1, 5, h0, ?::interval, ?::interval, ?, ?::interval), (2, 6, h3, ?, ?, ?, ?)");
        assertThat(read()).extracting(past -> text(past)).containsExactly("5: 3 until MOVED, 2 in 6 of mrdj, OPEN");
    }

    @Test
    void visitsOfAnEarlierLifeOfTheSameIdAreNotOfThisOne() throws SQLException {
        table(
                "mrdj",
                "2026-11-02Z",
                "(1, 6, h1, h2, ?::interval, 'moved', h4), (2, 7, h2, h4, ?, 'deleted', h4), (3, 5, h9, h11, h11, 'won', ?)");
        assertThat(read()).singleElement().satisfies(past -> {
            assertThat(text(past)).isEqualTo("3 in 5 of mrdj, WON");
            assertThat(past.history()).extracting(DealHistory::closedVisit).isNotNull();
        });
    }

    @Test
    void ofADealThatWentToAnotherTenantTheNewerRowsCount() throws SQLException {
        table("zoetermeer", "2026-11-02Z", "(1, 5, h0, h3, ?::interval, 'deleted', h3)");
        table("mrdj", "2026-11-03Z", "(1, 6, h3, ?::interval, ?::interval, 'reopened', ?::interval)");
        assertThat(read()).singleElement().satisfies(past -> {
            assertThat(text(past)).isEqualTo("1 in 6 of mrdj, OPEN");
            assertThat(past.history()).extracting(DealHistory::reopened).isEqualTo(true);
        });
    }

    @Test
    void ofADeletedDealTheNumberOfItsVisitsIsRememberedAlone() throws SQLException {
        table("mrdj", "2026-11-02Z", "(1, 5, h0, h3, ?::interval, 'moved', h4), (2, 6, h3, h4, h4, 'won', h4)");
        assertThat(read()).extracting(past -> text(past)).containsExactly("gone after visit 2");
    }
}
