package nl.rentguy.crm.kpi.definition;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.Measures;
import nl.rentguy.crm.kpi.engine.RecordedHistories;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

/** The definition tells sums apart that cannot be continued by each other. */
class KpisTest {

    private static final Kpis KPIS = new Kpis(KpiSettings.DEFAULTS);

    private static Kpis with(String option, String value) {
        return new Kpis(Definitions.kpiSettings(Configuration.fromMap(Map.of(option, value))));
    }

    @Test
    void theDefinitionNamesEveryTable() {
        assertThat(KPIS.definition().kpis()).containsOnlyKeys(KPIS.names());
        assertThat(Kpis.all(KpiSettings.DEFAULTS).names()).isEqualTo(KPIS.names());
    }

    @Test
    void otherSettingsDeriveEveryTableAnew() {
        Kpis other = with("kpi.sla-minutes", "11");
        assertThat(other.definition().sharedWith(KPIS.definition())).isEmpty();
        assertThat(other.version()).isNotEqualTo(KPIS.version());
        assertThat(new Kpis(KpiSettings.DEFAULTS).version()).isEqualTo(KPIS.version());
    }

    @Test
    void otherGroupsDeriveWhatBothKeepInTheSameWay() {
        Kpis some = with("kpi.groups", "automation , watchlist");
        assertThat(some.names()).containsExactly("crm_automation_sla", "crm_watchlist_items");
        assertThat(some.definition().sharedWith(KPIS.definition())).containsExactlyElementsOf(some.names());
    }

    /** So that a row goes when a bucket does, and nobody need remember which rows there were. */
    @Test
    void whichRowsThereAreFollowsFromTheLinesAlone() throws IOException {
        for (List<RowChange> history : RecordedHistories.read()) {
            InMemoryTables tables = new InMemoryTables(KPIS);
            history.forEach(change -> tables.apply(change, change.committedAt()));
            tables.sums().forEach((group, buckets) -> {
                SumKpi kpi = KPIS.sums(group.kpi());
                Map<List<String>, Measures> others = new HashMap<>();
                buckets.forEach((bucket, measures) -> others.put(bucket, ones(measures)));
                assertThat(keys(kpi.rows(group.key(), others, Instant.parse("2001-01-01T00:00:00Z"))))
                        .as(group.toString())
                        .isEqualTo(keys(kpi.rows(group.key(), buckets, Instant.EPOCH)));
            });
        }
    }

    private static Measures ones(Measures like) {
        long[] sums = new long[like.sums().length];
        Arrays.fill(sums, 1);
        return new Measures(sums, like.valueCounts());
    }

    private static Set<List<Object>> keys(List<KpiRow> rows) {
        return rows.stream().map(KpiRow::key).collect(toSet());
    }
}
