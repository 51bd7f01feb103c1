package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.RandomCrm.Step;
import org.apache.flink.configuration.Configuration;

/** Random histories of a CRM on a real PostgreSQL, and whether the KPIs equal the batch queries all along. */
public final class Histories implements AutoCloseable {

    private static final Instant START = Instant.parse("2026-03-28T22:59:30.250Z");
    private static final int VACUUM_EVERY = 100;

    /** One workflow has an SLA of its own. */
    public static final KpiSettings SETTINGS = settings("kpi.sla-minutes.flow-1", "25");

    /** Others, to which a job may be changed and back. */
    private static final List<KpiSettings> OTHERS = List.of(
            SETTINGS,
            settings("kpi.window-days", "45", "kpi.sla-minutes", "3"),
            settings("kpi.time-zone", "America/New_York", "kpi.idle-days", "3", "kpi.overdue-watch-days", "2"),
            settings("kpi.sla-minutes.flow-1", "25", "kpi.groups", "pipeline, acquisition"),
            settings("kpi.sla-minutes.flow-1", "25", "kpi.groups", "leads, watchlist, automation"),
            settings("kpi.default-currency", "USD", "kpi.stale-days", "2", "kpi.window-days", "7"));

    private static final int CHANGED_ONE_IN = 8;
    private static final int SAVED_ONE_IN = 6;
    private static final int RESTORED_ONE_IN = 10;

    /** By how much a commit is earlier than one that stands before it in the log. */
    private static final List<Duration> INVERSIONS = List.of(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofMillis(1),
            Duration.ofMillis(3),
            Duration.ofSeconds(2));

    /** A change of the log, and from which KPI time on it counts. */
    private record At(RowChange change, long kpiTime) {}

    private static Duration anyInversion(Random order) {
        return INVERSIONS.get(order.nextInt(INVERSIONS.size()));
    }

    private static KpiSettings settings(String... options) {
        Configuration config = new Configuration();
        for (int i = 0; i < options.length; i += 2) {
            config.setString(options[i], options[i + 1]);
        }
        return Definitions.kpiSettings(config);
    }

    private final Connection crm;
    private int lived;

    /** What is to hold at the end of a history. */
    @FunctionalInterface
    public interface End {
        void check(InMemoryTables tables, Instant now) throws SQLException;
    }

    /** On a database of their own. */
    public Histories() throws SQLException {
        crm = TestDatabase.createOfAnyCrm().connect();
        Oracle.tell(crm, SETTINGS);
        crm.setAutoCommit(false);
    }

    /** Histories of 5 to 40 things that happen. */
    public static Arbitrary<List<Step>> any() {
        Arbitrary<Integer> number =
                Arbitraries.integers().between(0, 9_999).withDistribution(RandomDistribution.uniform());
        return Combinators.combine(number, number, number, number, number)
                .as(Step::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(40);
    }

    /** The database, with the CRM's tables, the oracle's and the KPI tables. */
    public Connection database() {
        return crm;
    }

    /** Lets a history happen, compares every row after every step and every jump in time, and rolls it all back. */
    public void live(Kpis kpis, List<Step> history, Random order, End end) throws SQLException {
        try {
            InMemoryTables tables = new InMemoryTables(kpis);
            // Not of tables that the settings do not name.
            boolean mayChange = kpis.names().equals(new Kpis(SETTINGS).names());
            RandomCrm random = new RandomCrm(crm);
            ChangeCapture capture = new ChangeCapture(crm, order);
            Instant now = START;
            // A pipeline to begin with, so that no step falls flat.
            setCommitTime(now);
            random.apply(new Step(0, 1, 0, 0, 0), now);
            List<At> sinceSaved = new ArrayList<>();
            InMemoryTables saved = tables.copy();
            for (Step step : history) {
                // Commits stand in the log in an order that is not always that of their times.
                Instant committed = now.minus(anyInversion(order));
                setCommitTime(committed);
                random.apply(step, now);
                for (RowChange change : capture.since(committed.toEpochMilli())) {
                    At at = new At(change, now.toEpochMilli());
                    sinceSaved.add(at);
                    tables.apply(at.change, at.kpiTime);
                }
                assertEqual(tables, now);
                if (!RandomCrm.jump(step).isZero()) {
                    now = now.plus(RandomCrm.jump(step));
                    tables.advance(now.toEpochMilli());
                    assertEqual(tables, now);
                }
                if (order.nextInt(RESTORED_ONE_IN) == 0) {
                    tables = saved.copy();
                    for (At at : sinceSaved) {
                        // Far behind, changes count from whole seconds on.
                        tables.apply(at.change, Math.min(KpiTime.roundUp(at.kpiTime, 1_000), now.toEpochMilli()));
                    }
                    tables.advance(now.toEpochMilli());
                    assertEqual(tables, now);
                }
                boolean changes = mayChange && order.nextInt(CHANGED_ONE_IN) == 0;
                if (changes) {
                    change(tables, OTHERS.get(order.nextInt(OTHERS.size())), now);
                    assertEqual(tables, now);
                }
                if (changes || order.nextInt(SAVED_ONE_IN) == 0) {
                    saved = tables.copy();
                    sinceSaved.clear();
                }
            }
            if (mayChange) {
                change(tables, SETTINGS, now);
            }
            end.check(tables, now);
            random.clear();
            for (RowChange change : capture.since(now.toEpochMilli())) {
                tables.apply(change, now.toEpochMilli());
            }
            // As long as a deal may come back under its id, the number of its visits is remembered.
            tables.advance(now.plus(Duration.ofDays(SETTINGS.freezeDays())).toEpochMilli());
            assertThat(tables.isEmpty())
                    .as("nothing is remembered of what is gone")
                    .isTrue();
        } finally {
            crm.rollback();
            vacuumNowAndThen();
        }
    }

    private void change(InMemoryTables tables, KpiSettings settings, Instant now) throws SQLException {
        Oracle.tell(crm, settings);
        tables.deriveBy(new Kpis(settings), now.toEpochMilli());
    }

    /** When the CRM's next versions are committed, as the oracle is to see it. */
    private void setCommitTime(Instant now) throws SQLException {
        try (Statement statement = crm.createStatement()) {
            statement.execute("SELECT set_config('oracle.committed_at', '" + now + "', true)");
        }
    }

    /** Every row of every table is the oracle's. */
    public void assertEqual(InMemoryTables tables, Instant asOf) throws SQLException {
        for (Kpi kpi : tables.kpis().list()) {
            assertThat(tables.rows(kpi, asOf))
                    .as("%s at %s", kpi.table().name(), asOf)
                    .isEqualTo(new Oracle(kpi.table()).rows(crm, asOf));
        }
    }

    /** What is rolled back stays in the tables until then, and would slow down every history after it. */
    private void vacuumNowAndThen() throws SQLException {
        if (++lived % VACUUM_EVERY == 0) {
            crm.setAutoCommit(true);
            try (Statement statement = crm.createStatement()) {
                statement.execute("VACUUM");
            }
            crm.setAutoCommit(false);
        }
    }

    @Override
    public void close() throws SQLException {
        crm.close();
    }
}
