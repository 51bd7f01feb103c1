package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** KPI time is the latest commit time so far, as far as it can be believed. */
class CommitClockTest {

    private static final long NOW = 1_795_348_800_000L;
    private static final long HOUR = 3_600_000;

    @Test
    void kpiTimeNeverGoesBack() {
        CommitClock clock = new CommitClock(KpiTime.NONE);
        assertThat(clock.read(NOW, NOW)).isEqualTo(NOW);
        assertThat(clock.read(NOW - 3, NOW)).isEqualTo(NOW);
        assertThat(clock.read(NOW + 1, NOW)).isEqualTo(NOW + 1);
        assertThat(clock.passed()).isEqualTo(NOW);
    }

    @Test
    void aClockThatWasAnHourAheadForAMomentDoesNoHarm() {
        CommitClock clock = new CommitClock(NOW - 10);
        assertThat(clock.read(NOW + HOUR, NOW)).isEqualTo(NOW);
        assertThat(clock.read(NOW + HOUR + 7, NOW + 7)).isEqualTo(NOW + 7);
        assertThat(clock.read(NOW + 20, NOW + 30)).isEqualTo(NOW + 20);
    }

    /** Whatever commit times a log has, what is read again after a restore has the KPI time that it had. */
    @Property
    void aReplayGivesEachChangeTheKpiTimeItHad(
            @ForAll List<@LongRange(min = NOW - 50, max = NOW + 50) Long> commits, @ForAll int savedAfter) {
        CommitClock clock = new CommitClock(KpiTime.NONE);
        List<Long> times = new ArrayList<>();
        long saved = KpiTime.NONE;
        int restored = commits.isEmpty() ? 0 : Math.floorMod(savedAfter, commits.size());
        for (int i = 0; i < commits.size(); i++) {
            saved = i == restored ? clock.latest() : saved;
            times.add(clock.read(commits.get(i), NOW));
        }
        CommitClock again = new CommitClock(saved);
        List<Long> replayed = commits.subList(restored, commits.size()).stream()
                .map(commit -> again.read(commit, NOW + 100 * HOUR))
                .toList();
        assertThat(replayed).isEqualTo(times.subList(restored, times.size()));
        assertThat(times).isSorted();
    }
}
