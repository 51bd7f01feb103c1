package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What is kept of a key of a KPI table, and the key. */
class AggregateTest {

    /** Whatever is added, in any order of its times: when KPI time has reached one, all up to it counts and nothing later does. */
    @Property
    void whatKpiTimeHasReachedCounts(
            @ForAll @Size(max = 30) List<@IntRange(max = 9) Integer> times,
            @ForAll @Size(min = 30, max = 30) List<@IntRange(min = -2, max = 2) Integer> measures) {
        Aggregate aggregate = Aggregate.NONE;
        for (int i = 0; i < times.size(); i++) {
            aggregate = aggregate.plus(
                    List.of("bucket " + i % 3), new Measures(new long[] {measures.get(i)}), times.get(i));
        }
        for (long now : new TreeMap<>(aggregate.pending()).keySet()) {
            aggregate = aggregate.reached(now);
            Map<List<String>, Measures> expected = new HashMap<>();
            for (int i = 0; i < times.size(); i++) {
                if (times.get(i) <= now) {
                    expected.merge(
                            List.of("bucket " + i % 3), new Measures(new long[] {measures.get(i)}), Measures::plus);
                }
            }
            expected.values().removeIf(Measures::isZero);
            assertThat(aggregate.sums()).isEqualTo(expected);
        }
        assertThat(aggregate.pending()).isEmpty();
    }

    /** As RocksDB and the network have it, keys are equal when their bytes are. */
    @Property
    void aKeyIsItsTextsInBytes(@ForAll @Size(max = 6) List<String> texts, @ForAll @Size(max = 6) List<String> others) {
        List<String> parts =
                texts.stream().map(AggregateTest::asDatabasesHaveIt).toList();
        List<String> otherParts =
                others.stream().map(AggregateTest::asDatabasesHaveIt).toList();
        AggregateKey key = new AggregateKey("kpi", parts);
        assertThat(key.key()).isEqualTo(parts);
        assertThat(AggregateKey.of("kpi", key.bytes().clone())).isEqualTo(key).hasSameHashCodeAs(key);
        assertThat(new AggregateKey("kpi", otherParts).equals(key)).isEqualTo(parts.equals(otherParts));
        assertThat(new AggregateKey("other", parts)).isNotEqualTo(key);
    }

    /** Half of a pair is no character. */
    private static String asDatabasesHaveIt(String text) {
        return text.replaceAll("[\\ud800-\\udfff]", "?");
    }

    @Test
    void aPartThatIsTooLongIsRefused() {
        assertThat(new AggregateKey("kpi", List.of("x".repeat(65_535), "y"))
                        .key()
                        .get(1))
                .isEqualTo("y");
        assertThatThrownBy(() -> new AggregateKey("kpi", List.of("x".repeat(65_536))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65536");
    }

    @Test
    void equalValuesAreMostlyTheSame() {
        Shared<String> shared = new Shared<>();
        String first = shared.of("mrdj");
        assertThat(shared.of(new String("mrdj"))).isSameAs(first);
        for (int i = 0; i < 100_000; i++) {
            assertThat(shared.of(Integer.toString(i))).isEqualTo(Integer.toString(i));
        }
    }
}
