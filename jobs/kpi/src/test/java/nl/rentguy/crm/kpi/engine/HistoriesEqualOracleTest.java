package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.RandomCrm.Step;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.store.Dashboards;
import nl.rentguy.crm.kpi.store.RememberedDeals;

/**
 * Random histories of a CRM: after every step and every jump in time, every row of every KPI table equals the batch query
 * on a real PostgreSQL. The number of histories is the Maven property {@code histories}.
 */
class HistoriesEqualOracleTest {

    private static final Instant START = Instant.parse("2026-03-28T22:59:30.250Z");

    private static final int VACUUM_EVERY = 100;

    @SuppressWarnings("NullAway.Init")
    private static Connection crm;

    private static int histories;

    @BeforeContainer
    static void connect() throws SQLException {
        crm = TestDatabase.create().connect();
        crm.setAutoCommit(false);
    }

    @AfterContainer
    static void disconnect() throws SQLException {
        crm.close();
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        Arbitrary<Integer> number =
                Arbitraries.integers().between(0, 9_999).withDistribution(RandomDistribution.uniform());
        return Combinators.combine(number, number, number, number, number)
                .as(Step::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(40);
    }

    @Property
    void everyRowEqualsTheBatchQuery(@ForAll("histories") List<Step> history, @ForAll Random order)
            throws SQLException {
        try {
            InMemoryTables tables = new InMemoryTables(new Kpis(KpiSettings.DEFAULTS));
            RandomCrm random = new RandomCrm(crm);
            ChangeCapture capture = new ChangeCapture(crm, order);
            Instant now = START;
            // A pipeline to begin with, so that no step falls flat.
            random.apply(new Step(0, 1, 0, 0, 0), now);
            for (Step step : history) {
                random.apply(step, now);
                for (RowChange change : capture.since(now.toEpochMilli())) {
                    tables.apply(change, now.toEpochMilli());
                }
                assertEqual(tables, now);
                if (!RandomCrm.jump(step).isZero()) {
                    now = now.plus(RandomCrm.jump(step));
                    tables.advance(now.toEpochMilli());
                    assertEqual(tables, now);
                }
            }
            assertDashboardsEqual(tables, now, order);
            assertEqual(withoutState(now, order), now);
            random.clear();
            for (RowChange change : capture.since(now.toEpochMilli())) {
                tables.apply(change, now.toEpochMilli());
            }
            assertThat(tables.isEmpty())
                    .as("nothing is remembered of what is gone")
                    .isTrue();
        } finally {
            crm.rollback();
            vacuumNowAndThen();
        }
    }

    /** What a job makes of the CRM's rows and of its stage history when it has lost all else, whichever it reads first. */
    private static InMemoryTables withoutState(Instant now, Random order) throws SQLException {
        List<RowChange> known = new ArrayList<>(new ChangeCapture(crm, order).since(RowChange.IN_SNAPSHOT));
        RememberedDeals.read(crm, 0, 1, past -> known.add(RowChange.remembering(past)));
        Collections.shuffle(known, order);
        InMemoryTables anew = new InMemoryTables(new Kpis(KpiSettings.DEFAULTS));
        known.forEach(anew::load);
        anew.advance(now.toEpochMilli());
        return anew;
    }

    /** Of some tenants, with some filters: over all histories each of them alone and all together. */
    private static void assertDashboardsEqual(InMemoryTables tables, Instant now, Random choice) throws SQLException {
        tables.writeTo(crm, now);
        Dashboards.setKpiTime(crm, now);
        List<Integer> pipelines = Dashboards.numbers(crm, "SELECT id FROM crm_pipelines");
        for (String tenant : List.of("mrdj", "feestkompas", "elsewhere", "nobody")) {
            Dashboards.assertEqual(crm, crm, Dashboards.Question.of(tenant), now);
            Integer pipeline = choice.nextBoolean() || pipelines.isEmpty()
                    ? null
                    : pipelines.get(choice.nextInt(pipelines.size()));
            String stage = choice.nextInt(3) > 0 ? null : RandomCrm.anyStageName(crm, choice);
            LocalDate from = choice.nextBoolean()
                    ? null
                    : LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(choice.nextInt(60));
            Dashboards.assertEqual(crm, crm, new Dashboards.Question(tenant, pipeline, stage, from), now);
        }
    }

    /** What is rolled back stays in the tables until then, and would slow down every history after it. */
    private static void vacuumNowAndThen() throws SQLException {
        if (++histories % VACUUM_EVERY == 0) {
            crm.setAutoCommit(true);
            try (Statement statement = crm.createStatement()) {
                statement.execute("VACUUM");
            }
            crm.setAutoCommit(false);
        }
    }

    private static void assertEqual(InMemoryTables tables, Instant asOf) throws SQLException {
        for (Kpi kpi : tables.kpis().list()) {
            assertThat(tables.rows(kpi, asOf))
                    .as("%s at %s", kpi.table().name(), asOf)
                    .isEqualTo(new Oracle(kpi.table()).rows(crm, asOf));
        }
    }
}
