package nl.rentguy.crm.kpi.kpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import nl.rentguy.crm.kpi.config.Definitions;
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
}
