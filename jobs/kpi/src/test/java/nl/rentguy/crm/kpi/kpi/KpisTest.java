package nl.rentguy.crm.kpi.kpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import nl.rentguy.crm.kpi.config.Definitions;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;

/** The definition tells sums apart that cannot be continued by each other. */
class KpisTest {

    private static final Kpis KPIS = new Kpis(KpiSettings.DEFAULTS);

    @Test
    void theDefinitionNamesEveryTable() {
        assertThat(KPIS.list()).allSatisfy(kpi -> assertThat(KPIS.definition())
                .contains(kpi.table().name()));
    }

    @Test
    void otherSettingsAreAnotherDefinition() {
        Kpis other = new Kpis(Definitions.kpiSettings(Configuration.fromMap(Map.of("kpi.sla-minutes", "11"))));
        assertThat(other.definition()).isNotEqualTo(KPIS.definition());
        assertThat(other.version()).isNotEqualTo(KPIS.version());
        assertThat(new Kpis(KpiSettings.DEFAULTS).version()).isEqualTo(KPIS.version());
    }
}
