package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What is kept of a key of a KPI table. */
class AggregateTest {

    private static KpiRow row(String key) {
        return new KpiRow(List.of("mrdj", key), List.of(1L));
    }

    /** Whatever is added, in any order of its times: when KPI time has reached one, all up to it counts and nothing later does. */
    @Property
    void whatKpiTimeHasReachedCounts(
            @ForAll @Size(max = 30) List<@IntRange(max = 9) Integer> times,
            @ForAll @Size(min = 30, max = 30) List<@IntRange(min = -2, max = 2) Integer> amounts) {
        Aggregate aggregate = new Aggregate();
        for (int i = 0; i < times.size(); i++) {
            aggregate.add(List.of("line " + i % 3), new Amounts(new long[] {amounts.get(i)}), times.get(i));
        }
        for (long now : new TreeMap<>(aggregate.pending()).keySet()) {
            aggregate.reach(now);
            Map<List<String>, Amounts> expected = new HashMap<>();
            for (int i = 0; i < times.size(); i++) {
                if (times.get(i) <= now) {
                    expected.merge(List.of("line " + i % 3), new Amounts(new long[] {amounts.get(i)}), Amounts::plus);
                }
            }
            expected.values().removeIf(Amounts::isZero);
            assertThat(aggregate.sums()).isEqualTo(expected);
        }
        assertThat(aggregate.pending()).isEmpty();
    }

    @Test
    void aRowThatIsNoLongerDerivedIsGoneOnce() {
        Aggregate aggregate = new Aggregate();
        assertThat(aggregate.publish(List.of(row("EUR"), row("USD")))).isEmpty();
        assertThat(aggregate.publish(List.of(row("USD"), row("CHF")))).containsExactly(List.of("mrdj", "EUR"));
        assertThat(aggregate.publish(List.of(row("USD"), row("CHF")))).isEmpty();
        assertThat(aggregate.publish(List.of())).containsExactly(List.of("mrdj", "USD"), List.of("mrdj", "CHF"));
        assertThat(aggregate.isEmpty()).isTrue();
    }

    @Test
    void aCopyStaysAsItWas() {
        Aggregate aggregate = new Aggregate();
        aggregate.add(List.of(), new Amounts(new long[] {1}), 20);
        aggregate.reach(20);
        aggregate.add(List.of(), new Amounts(new long[] {2}), 40);
        aggregate.publish(List.of(row("EUR")));
        Aggregate copy = aggregate.copy();
        assertThat(copy).isEqualTo(aggregate);
        aggregate.add(List.of(), new Amounts(new long[] {3}), 40);
        assertThat(copy).isNotEqualTo(aggregate);
        assertThat(copy.pending()).isEqualTo(Map.of(40L, Map.of(List.of(), new Amounts(new long[] {2}))));
        aggregate.reach(40);
        aggregate.publish(List.of());
        assertThat(copy.sums()).isEqualTo(Map.of(List.of(), new Amounts(new long[] {1})));
        assertThat(copy.published()).containsExactly(List.of("mrdj", "EUR"));
    }
}
