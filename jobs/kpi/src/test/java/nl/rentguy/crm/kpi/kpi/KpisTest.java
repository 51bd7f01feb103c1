package nl.rentguy.crm.kpi.kpi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
        KpiSettings d = KpiSettings.DEFAULTS;
        Kpis other = new Kpis(
                new KpiSettings(d.window(), d.stale(), Duration.ofMinutes(11), d.timeZone(), d.defaultCurrency()));
        assertThat(other.definition()).isNotEqualTo(KPIS.definition());
        assertThat(other.version()).isNotEqualTo(KPIS.version());
        assertThat(new Kpis(d).version()).isEqualTo(KPIS.version());
    }
}
