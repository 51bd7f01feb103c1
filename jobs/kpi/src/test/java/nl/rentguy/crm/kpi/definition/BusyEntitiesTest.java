package nl.rentguy.crm.kpi.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.crm.Contact;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Effects;
import nl.rentguy.crm.kpi.engine.EntityEngine;
import nl.rentguy.crm.kpi.engine.EntityEngine.Evaluated;
import nl.rentguy.crm.kpi.engine.EntityModel;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a change costs does not depend on how much is filed under an entity: contributions are counted, and rows that are written. */
class BusyEntitiesTest {

    private static final Instant START = Instant.parse("2026-10-01T00:00:00Z");
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final int FEW = 10;
    private static final int MANY = 10_000;

    /** A model that counts what it is asked for. */
    private record Counted<S>(EntityModel<S> model, AtomicInteger count) implements EntityModel<S> {

        private Contributions counting(Contributions to) {
            return contribution -> {
                count.incrementAndGet();
                to.add(contribution);
            };
        }

        @Override
        public @Nullable S fold(@Nullable S state, RowChange change) {
            return model.fold(state, change);
        }

        @Override
        public void contribute(S state, long from, long until, Contributions to) {
            model.contribute(state, from, until, counting(to));
        }

        @Override
        public void difference(
                @Nullable S before, @Nullable S after, long now, Contributions lost, Contributions gained) {
            model.difference(before, after, now, counting(lost), counting(gained));
        }

        @Override
        public @Nullable S prune(S state, Instant now) {
            return model.prune(state, now);
        }

        @Override
        public Instant expiresAt(S state) {
            return model.expiresAt(state);
        }
    }

    private static final class Rows implements Effects {
        private int written;

        @Override
        public void sums(Delta delta) {
            // Rows of sums are those of their keys.
        }

        @Override
        public void row(String table, List<Object> key, @Nullable List<@Nullable Object> values, long at) {
            written++;
        }
    }

    private static final Kpis KPIS = new Kpis(KpiSettings.DEFAULTS);
    private final AtomicInteger contributions = new AtomicInteger();
    private final Rows rows = new Rows();

    /** What the last change costs, in contributions; and the rows that it writes are counted from 0. */
    private <S> int costOfTheLast(EntityModel<S> model, List<RowChange> history, RowChange last) {
        EntityEngine<S> engine = new EntityEngine<>(new Counted<>(model, contributions));
        Evaluated<S> entity = Evaluated.nothing();
        for (RowChange change : history) {
            entity = engine.change(entity, change, NOW.toEpochMilli(), rows);
        }
        contributions.set(0);
        rows.written = 0;
        engine.change(entity, last, NOW.toEpochMilli() + 1, rows);
        return contributions.get();
    }

    private static RowChange deal(int version) {
        Instant at = START.plusSeconds(version);
        return RowChange.of(
                new Deal(
                        7,
                        "mrdj",
                        1L,
                        1,
                        1 + version % 5,
                        "Wedding",
                        200_000,
                        "EUR",
                        null,
                        50,
                        Deal.Outcome.OPEN,
                        START,
                        at,
                        at),
                at.toEpochMilli());
    }

    private static RowChange contact(int number) {
        Contact contact = new Contact(7, "mrdj", number % 2 == 0 ? "call" : "email", START.plusSeconds(60L * number));
        return new RowChange(CrmTable.ACTIVITIES, number, NOW.toEpochMilli(), contact, null);
    }

    private static List<RowChange> and(RowChange first, Stream<RowChange> more) {
        return Stream.concat(Stream.of(first), more).toList();
    }

    private int oneMoreActivity(int before) {
        return costOfTheLast(
                KPIS.entities(EntityKind.DEAL),
                and(deal(0), IntStream.range(0, before).mapToObj(BusyEntitiesTest::contact)),
                contact(before));
    }

    private int oneMoreMove(int before) {
        return costOfTheLast(
                KPIS.entities(EntityKind.DEAL),
                IntStream.rangeClosed(0, before)
                        .mapToObj(BusyEntitiesTest::deal)
                        .toList(),
                deal(before + 1));
    }

    private int oneMoreDealOfALead(int before) {
        return costOfTheLast(
                KPIS.entities(EntityKind.LEAD),
                and(
                        RowChange.of(new Lead(1, "mrdj", "google", START), 0),
                        IntStream.range(0, before).mapToObj(BusyEntitiesTest::dealOfLead)),
                dealOfLead(before));
    }

    private static RowChange dealOfLead(int number) {
        DealOfLead deal = new DealOfLead(1, "mrdj", Deal.Outcome.OPEN, 1_000, "EUR", START.plusSeconds(number));
        return new RowChange(CrmTable.DEALS, number, NOW.toEpochMilli(), deal, null);
    }

    @Test
    void oneMoreActivityOfADeal() {
        assertThat(oneMoreActivity(MANY)).isEqualTo(oneMoreActivity(FEW)).isLessThan(10);
    }

    @Test
    void oneMoreStageOfADealAndOnlyTheRowsThatChangedAreWritten() {
        int few = oneMoreMove(FEW);
        assertThat(oneMoreMove(MANY)).isEqualTo(few);
        // The visit that ended, the one that began, the deal's row, and that it is stale no longer.
        assertThat(rows.written).isEqualTo(4);
    }

    @Test
    void oneMoreDealOfALead() {
        assertThat(oneMoreDealOfALead(MANY)).isEqualTo(oneMoreDealOfALead(FEW)).isLessThan(10);
    }
}
