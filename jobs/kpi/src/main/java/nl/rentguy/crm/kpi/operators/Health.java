package nl.rentguy.crm.kpi.operators;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import nl.rentguy.crm.kpi.engine.CommitClock;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import nl.rentguy.crm.kpi.store.KpiStatus.Phase;
import org.jspecify.annotations.Nullable;

/**
 * How a job is, by what it has read: a pure function, so that what a status says can be tested.
 *
 * @param problem what is not as it should be, in words; null when nothing is known
 */
record Health(Phase phase, @Nullable String problem) {

    /**
     * As of now.
     *
     * @param kpiTime {@link KpiTime#NONE} before there is any
     * @param now milliseconds since the epoch, by this machine's clock
     * @param liveMillis behind by more, the job is catching up
     * @param recovering whether it had to stop, and has not written rows since
     */
    static Health of(SourceProgress read, long kpiTime, long now, long liveMillis, boolean recovering) {
        String problem = ofTables(read.tables());
        if (recovering) {
            return new Health(Phase.RESTARTING, problem);
        }
        if (read.isInSnapshot()) {
            return new Health(Phase.SNAPSHOT, problem);
        }
        if (kpiTime == KpiTime.NONE) {
            return new Health(Phase.CATCHING_UP, problem);
        }
        if (CommitClock.isTooFarAhead(read.committedAt(), now)) {
            return new Health(
                    Phase.DEGRADED,
                    String.format(
                            Locale.ROOT,
                            "The CRM's log is of %s, which is %.0f s after this machine's clock: one of the two clocks is wrong, and changes count from when they are read",
                            Instant.ofEpochMilli(read.committedAt()),
                            (read.committedAt() - now) / 1000.0));
        }
        if (problem != null) {
            return new Health(Phase.DEGRADED, problem);
        }
        return new Health(now - kpiTime > liveMillis ? Phase.CATCHING_UP : Phase.LIVE, null);
    }

    /** The first table of which nothing, or hardly anything, could be taken in; null when there is none. */
    private static @Nullable String ofTables(Map<String, TableProgress> tables) {
        return tables.entrySet().stream()
                .filter(table ->
                        table.getValue().refused() * 2 >= table.getValue().read()
                                && table.getValue().refused() > 0)
                .sorted(Map.Entry.comparingByKey())
                .findFirst()
                .map(table -> String.format(
                        Locale.ROOT,
                        "Of %s %d of %d rows could not be taken in: see crm_kpi_dead_letters and crm-kpi doctor",
                        table.getKey(),
                        table.getValue().refused(),
                        table.getValue().read()))
                .orElse(null);
    }
}
