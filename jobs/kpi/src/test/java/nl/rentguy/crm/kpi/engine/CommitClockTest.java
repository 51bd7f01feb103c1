package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

/** KPI time is the latest commit time so far, as far as it can be believed, and in whole seconds far behind. */
class CommitClockTest {

    private static final long NOW = 1_795_348_800_000L;
    private static final long HOUR = 3_600_000;

    @Test
    void kpiTimeNeverGoesBack() {
        CommitClock clock = new CommitClock();
        assertThat(clock.read(NOW, NOW)).isEqualTo(NOW);
        assertThat(clock.read(NOW - 3, NOW)).isEqualTo(NOW);
        assertThat(clock.read(NOW + 1, NOW)).isEqualTo(NOW + 1);
        assertThat(clock.passed()).isEqualTo(NOW);
    }

    @Test
    void aClockThatWasAnHourAheadForAMomentDoesNoHarm() {
        CommitClock clock = new CommitClock(new CommitClock.State(NOW - 10, KpiTime.NONE));
        assertThat(clock.read(NOW + HOUR, NOW)).isEqualTo(NOW);
        assertThat(clock.read(NOW + HOUR + 7, NOW + 7)).isEqualTo(NOW + 7);
        assertThat(clock.read(NOW + 20, NOW + 30)).isEqualTo(NOW + 20);
    }

    @Test
    void farBehindItGoesFromSecondToSecond() {
        CommitClock clock = new CommitClock();
        assertThat(clock.read(NOW - HOUR + 1, NOW)).isEqualTo(NOW - HOUR + 1_000);
        assertThat(clock.read(NOW - HOUR + 990, NOW)).isEqualTo(NOW - HOUR + 1_000);
        assertThat(clock.passed()).isEqualTo(NOW - HOUR);
        assertThat(clock.read(NOW - HOUR + 1_001, NOW)).isEqualTo(NOW - HOUR + 2_000);
        assertThat(clock.passed()).isEqualTo(NOW - HOUR + 1_000);
        assertThat(clock.read(NOW - 4_999, NOW)).isEqualTo(NOW - 4_999);
        assertThat(clock.passed()).isEqualTo(NOW - 5_000);
    }

    /**
     * Whatever commit times a log has, whenever it is read and however often again after a restore: what KPI time has passed counts, what
     * was committed later does not.
     */
    @Property
    void whatKpiTimeHasPassedIsWhatWasCommittedUntilThen(
            @ForAll @NotEmpty List<@IntRange(min = -3, max = 1_500) Integer> steps,
            @ForAll List<@IntRange(min = 0, max = 9_000) Integer> lags,
            @ForAll int savedAfter) {
        long[] commits = new long[steps.size()];
        long[] latest = new long[commits.length];
        long commit = NOW;
        for (int i = 0; i < commits.length; i++) {
            commit += steps.get(i);
            commits[i] = commit;
            latest[i] = i == 0 ? commit : Math.max(latest[i - 1], commit);
        }
        int saved = Math.floorMod(savedAfter, commits.length);
        CommitClock.State state = assertPassed(new CommitClock(), commits, latest, 0, lags, saved);
        assertPassed(new CommitClock(state), commits, latest, saved, List.of(), commits.length);
    }

    /** @return the clock as it is before the change with number {@code saved} */
    private static CommitClock.State assertPassed(
            CommitClock clock, long[] commits, long[] latest, int from, List<Integer> lags, int saved) {
        CommitClock.State state = clock.state();
        long before = clock.latest();
        long passed = Long.MIN_VALUE;
        for (int i = from; i < commits.length; i++) {
            state = i == saved ? clock.state() : state;
            long lag = lags.isEmpty() ? 0 : lags.get(i % lags.size());
            long time = clock.read(commits[i], commits[i] + lag);
            assertThat(time)
                    .isGreaterThan(passed)
                    .isGreaterThanOrEqualTo(latest[i])
                    .isGreaterThanOrEqualTo(before);
            passed = Math.max(passed, clock.passed());
            assertThat(latest[i] > passed || time <= passed)
                    .as("%d counts from %d, and KPI time has passed %d", latest[i], time, passed)
                    .isTrue();
            before = time;
        }
        return state;
    }

    /**
     * Whatever was published for a moment that had passed in an earlier attempt, the moment after it is one of its own when the log is
     * read again, however late: so what was then taken back is taken back.
     */
    @Property
    void whatIsReadAgainIsNoCoarserThanItWas(
            @ForAll @NotEmpty List<@IntRange(min = -3, max = 1_500) Integer> steps,
            @ForAll List<@IntRange(min = 0, max = 9_000) Integer> lags,
            @ForAll int savedAfter) {
        int saved = Math.floorMod(savedAfter, steps.size());
        CommitClock first = new CommitClock();
        CommitClock.State state = first.state();
        long[] commits = new long[steps.size()];
        long[] times = new long[commits.length];
        long commit = NOW;
        for (int i = 0; i < commits.length; i++) {
            commit += steps.get(i);
            commits[i] = commit;
            state = i == saved ? first.state() : state;
            times[i] = first.read(commit, commit + (lags.isEmpty() ? 0 : lags.get(i % lags.size())));
        }
        CommitClock again = new CommitClock(state);
        again.readBefore(first.latest());
        long before = KpiTime.NONE;
        for (int i = saved; i < commits.length; i++) {
            long time = again.read(commits[i], commits[i] + HOUR);
            assertThat(time).isLessThanOrEqualTo(times[i]);
            assertThat(i > saved && times[i] > times[i - 1] && time == before)
                    .as("%d and the change before it count together", commits[i])
                    .isFalse();
            before = time;
        }
    }
}
