package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.RandomCrm.Step;
import nl.rentguy.crm.kpi.store.Dashboards;
import nl.rentguy.crm.kpi.store.StageHistoryReader;

/**
 * Random histories of a CRM: after every step and every jump in time, every row of every KPI table equals the batch query
 * on a real PostgreSQL; at the end so do dashboards, and all that a job makes of it which has lost its state. The number of
 * histories is the Maven property {@code histories}.
 */
class HistoriesEqualOracleTest {

    private static final List<Integer> LOOKBACKS = List.of(1, 2, 7, 29, 30, 31, 90, 364, 365);

    @SuppressWarnings("NullAway.Init")
    private static Histories histories;

    @BeforeContainer
    static void connect() throws SQLException {
        histories = new Histories();
    }

    @AfterContainer
    static void disconnect() throws SQLException {
        histories.close();
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        return Histories.any();
    }

    @Property
    void everyRowEqualsTheBatchQuery(@ForAll("histories") List<Step> history, @ForAll Random order)
            throws SQLException {
        histories.live(new Kpis(Histories.SETTINGS), history, order, (tables, now) -> {
            assertDashboardsEqual(tables, now, order);
            histories.assertEqual(withoutState(now, order), now);
        });
    }

    /** What a job makes of the CRM's rows and of its stage history when it has lost all else, whichever it reads first. */
    private static InMemoryTables withoutState(Instant now, Random order) throws SQLException {
        Connection crm = histories.database();
        List<RowChange> known = new ArrayList<>(new ChangeCapture(crm, order).since(RowChange.IN_SNAPSHOT));
        StageHistoryReader.read(crm, 0, 1, past -> known.add(RowChange.ofPast(past)));
        Collections.shuffle(known, order);
        InMemoryTables anew = new InMemoryTables(new Kpis(Histories.SETTINGS));
        known.forEach(anew::load);
        anew.advance(now.toEpochMilli());
        return anew;
    }

    /** Of some tenants, with some filters: over all histories each of them alone and all together. */
    private static void assertDashboardsEqual(InMemoryTables tables, Instant now, Random choice) throws SQLException {
        Connection crm = histories.database();
        tables.writeTo(crm, now);
        Dashboards.setKpiTime(crm, now);
        assertThat(Dashboards.numbers(crm, """
                        SELECT stage_id FROM crm_kpi.crm_pipeline_velocity v FULL JOIN crm_kpi.crm_stage_ages a USING (tenant_id, stage_id, currency)
                        WHERE (v.avg_age_days, v.avg_open_age_days, v.avg_days_in_stage, v.as_of)
                          IS DISTINCT FROM (a.avg_age_days, a.avg_open_age_days, a.avg_days_in_stage, a.as_of)"""))
                .as("stages whose ages differ at an instant that is both KPI time and the row's")
                .isEmpty();
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
            Integer lookback = choice.nextInt(3) == 0
                    ? null
                    : choice.nextBoolean() ? 1 + choice.nextInt(365) : LOOKBACKS.get(choice.nextInt(LOOKBACKS.size()));
            Dashboards.assertEqual(crm, crm, new Dashboards.Question(tenant, pipeline, stage, from, lookback), now);
        }
    }
}
