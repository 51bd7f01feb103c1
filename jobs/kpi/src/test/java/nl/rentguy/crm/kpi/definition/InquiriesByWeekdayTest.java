package nl.rentguy.crm.kpi.definition;

import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import nl.rentguy.crm.kpi.engine.Histories;
import nl.rentguy.crm.kpi.engine.RandomCrm.Step;

/** Random histories: every row equals the batch query, and can be written. */
class InquiriesByWeekdayTest {

    private static final Kpis ALONE =
            new Kpis(KpiSettings.DEFAULTS, List.of(new InquiriesByWeekday(KpiSettings.DEFAULTS)));

    @SuppressWarnings("NullAway.Init") // set before all histories
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
        histories.live(ALONE, history, order, (tables, now) -> tables.writeTo(histories.database(), now));
    }
}
