package nl.rentguy.crm.kpi.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Rows that belong together may come in any order, and may part again. */
class JoinOrderTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant LATER = NOON.plus(Duration.ofDays(8));
    private static final Kpis KPIS = new Kpis(KpiSettings.DEFAULTS);

    private static final List<RowChange> ROWS = List.of(
            RowChange.of(new Lead(1, "mrdj", "Google", NOON), 0),
            RowChange.of(new Pipeline(1, "mrdj", "Sales"), 0),
            RowChange.of(new Stage(5, 1, "Intake", 1), 0),
            deal(1L),
            RowChange.of(new Activity(3, "mrdj", 7, "task", NOON, NOON.plusSeconds(60), false), 0),
            RowChange.of(new AutomationRun(9, "mrdj", 7L, "welcome", AutomationRun.Status.OPEN, NOON, null), 0));

    private static RowChange deal(@Nullable Long lead) {
        return RowChange.of(
                new Deal(
                        7, "mrdj", lead, 1, 5, "Wedding", 200_000, "EUR", null, 50, Deal.Outcome.WON, NOON, NOON, null),
                0);
    }

    private static InMemoryTables after(List<RowChange> changes) {
        InMemoryTables tables = new InMemoryTables(KPIS);
        changes.forEach(change -> tables.apply(change, NOON.toEpochMilli()));
        tables.advance(LATER.toEpochMilli());
        return tables;
    }

    private static Map<String, Map<List<String>, List<String>>> all(InMemoryTables tables) throws Exception {
        Map<String, Map<List<String>, List<String>>> all = new LinkedHashMap<>();
        for (Kpi kpi : KPIS.list()) {
            all.put(kpi.table().name(), tables.rows(kpi, LATER));
        }
        return all;
    }

    private static String value(InMemoryTables tables, String table, String column, String... key) throws Exception {
        Kpi kpi = KPIS.named(table);
        List<String> row = tables.rows(kpi, LATER).get(List.of(key));
        if (row == null) {
            return "no row";
        }
        List<String> names =
                kpi.table().valueColumns().stream().map(KpiTable.Column::name).toList();
        return String.valueOf(row.get(names.indexOf(column)));
    }

    private static void permutations(List<RowChange> rest, List<RowChange> chosen, List<List<RowChange>> all) {
        if (rest.isEmpty()) {
            all.add(chosen);
        }
        for (RowChange next : rest) {
            List<RowChange> others = new ArrayList<>(rest);
            others.remove(next);
            List<RowChange> longer = new ArrayList<>(chosen);
            longer.add(next);
            permutations(others, longer, all);
        }
    }

    private static List<RowChange> rowsAnd(RowChange... later) {
        List<RowChange> changes = new ArrayList<>(ROWS);
        changes.addAll(List.of(later));
        return changes;
    }

    @Test
    void everyOrderOfArrivalGivesTheSameTables() throws Exception {
        Map<String, Map<List<String>, List<String>>> expected = all(after(ROWS));
        List<List<RowChange>> orders = new ArrayList<>();
        permutations(ROWS, List.of(), orders);
        assertThat(orders).hasSize(720);
        for (List<RowChange> order : orders) {
            assertThat(all(after(order))).as(order.toString()).isEqualTo(expected);
        }
    }

    @Test
    void whatBelongsTogetherIsTogether() throws Exception {
        InMemoryTables tables = after(ROWS);
        assertThat(value(tables, "crm_lead_funnel", "leads_with_deals", "mrdj")).isEqualTo("1");
        assertThat(value(tables, "crm_lead_funnel", "leads_won", "mrdj")).isEqualTo("1");
        assertThat(value(tables, "crm_source_performance", "won_value", "mrdj", "google", "EUR"))
                .isEqualTo("2000");
        assertThat(value(tables, "crm_watchlist_items", "deal_id", "mrdj", "overdue_run", "9"))
                .isEqualTo("7");
        assertThat(value(tables, "crm_watchlist_items", "deal_id", "mrdj", "overdue_task", "3"))
                .isEqualTo("7");
        assertThat(value(tables, "crm_deals", "title", "mrdj", "7")).isEqualTo("Wedding");
        assertThat(value(tables, "crm_deals", "stage_id", "mrdj", "7")).isEqualTo("5");
    }

    @Test
    void aLeadsSourceIsEditedLater() throws Exception {
        InMemoryTables tables = after(rowsAnd(RowChange.of(new Lead(1, "mrdj", "bruidsbeurs", NOON), 0)));
        assertThat(value(tables, "crm_source_performance", "deal_count", "mrdj", "google", "EUR"))
                .isEqualTo("no row");
        assertThat(value(tables, "crm_source_performance", "deal_count", "mrdj", "bruidsbeurs", "EUR"))
                .isEqualTo("1");
    }

    @Test
    void aDealMovesToAnotherLead() throws Exception {
        InMemoryTables tables = after(rowsAnd(RowChange.of(new Lead(2, "mrdj", "instagram", NOON), 0), deal(2L)));
        assertThat(value(tables, "crm_lead_funnel", "leads_with_deals", "mrdj")).isEqualTo("1");
        assertThat(value(tables, "crm_source_performance", "deal_count", "mrdj", "google", "EUR"))
                .isEqualTo("0");
        assertThat(value(tables, "crm_source_performance", "deal_count", "mrdj", "instagram", "EUR"))
                .isEqualTo("1");
    }

    @Test
    void aLeadIsDeletedAndItsDealStays() throws Exception {
        // The CRM sets lead_id to null in the same transaction; the two may be read in either order.
        RowChange deleted = RowChange.deletion(CrmTable.LEADS, 1, 0);
        for (List<RowChange> end : List.of(List.of(deleted, deal(null)), List.of(deal(null), deleted))) {
            InMemoryTables tables = after(rowsAnd(end.toArray(RowChange[]::new)));
            assertThat(value(tables, "crm_lead_funnel", "total_leads", "mrdj")).isEqualTo("0");
            assertThat(value(tables, "crm_lead_funnel", "won_deals", "mrdj")).isEqualTo("1");
            assertThat(value(tables, "crm_source_performance", "won_deal_count", "mrdj", "pipeline", "EUR"))
                    .isEqualTo("1");
            assertThat(value(tables, "crm_source_performance", "label", "mrdj", "google", "EUR"))
                    .isEqualTo("no row");
        }
    }

    @Test
    void aPipelineIsDeletedWithAllThatIsInIt() throws Exception {
        InMemoryTables tables = after(rowsAnd(
                RowChange.deletion(CrmTable.DEALS, 7, 0),
                RowChange.deletion(CrmTable.PIPELINES, 1, 0),
                RowChange.deletion(CrmTable.AUTOMATION_RUNS, 9, 0),
                RowChange.deletion(CrmTable.PIPELINE_STAGES, 5, 0),
                RowChange.deletion(CrmTable.ACTIVITIES, 3, 0)));
        Map<String, Map<List<String>, List<String>>> left = all(tables);
        left.values().removeIf(Map::isEmpty);
        assertThat(left)
                .containsOnlyKeys(
                        "crm_lead_funnel",
                        "crm_lead_funnel_daily",
                        "crm_source_performance",
                        "crm_source_performance_daily");
        assertThat(value(tables, "crm_lead_funnel", "leads_with_deals", "mrdj")).isEqualTo("0");
    }
}
