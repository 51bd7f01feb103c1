package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.junit.jupiter.api.Test;

/** What a status says is so. */
class HealthTest {

    private static final long NOW = 1_795_348_800_000L;
    private static final long LIVE = 5_000;

    private static SourceProgress read(long committedAt, TableProgress deals) {
        return new SourceProgress(Map.of("crm_deals", deals), Map.of(), 1, committedAt);
    }

    private static Health health(SourceProgress read, long kpiTime) {
        return Health.of(read, kpiTime, NOW, LIVE, false);
    }

    @Test
    void aJobIsLiveWhenItIsCloseBehindAndCatchesUpOtherwise() {
        SourceProgress read = read(NOW, new TableProgress(9, 0, 0, 0, 0));
        assertThat(health(read, NOW - LIVE)).isEqualTo(new Health(Phase.LIVE, null));
        assertThat(health(read, NOW - LIVE - 1)).isEqualTo(new Health(Phase.CATCHING_UP, null));
        assertThat(health(read, KpiTime.NONE)).isEqualTo(new Health(Phase.CATCHING_UP, null));
        assertThat(health(read(RowChange.IN_SNAPSHOT, new TableProgress(9, 0, 0, 0, 0)), KpiTime.NONE))
                .isEqualTo(new Health(Phase.SNAPSHOT, null));
    }

    @Test
    void itIsNotLiveWhileTheLogIsOfTheFuture() {
        TableProgress rows = new TableProgress(9, 0, 0, 0, 0);
        assertThat(health(read(NOW + 5_000, rows), NOW).phase()).isEqualTo(Phase.LIVE);
        Health ahead = health(read(NOW + 3_600_000, rows), NOW);
        assertThat(ahead.phase()).isEqualTo(Phase.DEGRADED);
        assertThat(ahead.problem()).contains("3600 s after this machine's clock");
    }

    @Test
    void itIsNotLiveWhenHardlyAnythingOfATableCouldBeTakenIn() {
        assertThat(health(read(NOW, new TableProgress(8, 2, 0, 0, 4)), NOW).phase())
                .isEqualTo(Phase.LIVE);
        Health blind = health(read(NOW, new TableProgress(8, 2, 0, 0, 5)), NOW);
        assertThat(blind.phase()).isEqualTo(Phase.DEGRADED);
        assertThat(blind.problem()).contains("Of crm_deals 5 of 10 rows");
    }

    @Test
    void itIsRestartingUntilItHasWrittenRowsAgain() {
        SourceProgress read = read(NOW, new TableProgress(9, 0, 0, 0, 0));
        assertThat(Health.of(read, NOW, NOW, LIVE, true).phase()).isEqualTo(Phase.RESTARTING);
    }
}
