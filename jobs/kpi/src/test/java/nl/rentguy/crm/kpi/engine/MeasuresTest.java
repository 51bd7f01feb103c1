package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.MeasureLayout.TimeMeasure;
import org.junit.jupiter.api.Test;

class MeasuresTest {

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure CENTS = LAYOUT.measure();
    private static final TimeMeasure TIME = LAYOUT.timeMeasure();

    @Property
    void takingBackRestoresWhatWasThere(
            @ForAll List<@LongRange(min = -50, max = 50) Long> before,
            @ForAll List<@LongRange(min = -50, max = 50) Long> added) {
        Measures start = kept(before);
        Measures change = kept(added);
        assertThat(start.plus(change).plus(change.negated())).isEqualTo(start);
    }

    @Property
    void rankAndMaximumAreThoseOfTheSortedValues(
            @ForAll @NotEmpty List<@LongRange(min = -1000, max = 1000) Long> values,
            @ForAll @IntRange(min = 1, max = 100) int percent) {
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int rank = (int) Math.ceil(values.size() * percent / 100.0 - 1e-9);
        assertThat(MeasureLayout.percentile(kept(values), percent)).isEqualTo(sorted.get(rank - 1));
        assertThat(MeasureLayout.max(kept(values))).isEqualTo(sorted.get(sorted.size() - 1));
    }

    private static Measures kept(List<Long> values) {
        MeasureLayout.Builder filling = LAYOUT.builder();
        values.forEach(value -> filling.add(CENTS, value).value(value));
        return filling.measures();
    }

    @Test
    void emptyHasNeitherRankNorMaximum() {
        assertThat(MeasureLayout.percentile(LAYOUT.none(), 95)).isNull();
        assertThat(MeasureLayout.max(LAYOUT.none())).isNull();
        assertThat(LAYOUT.none().isZero()).isTrue();
    }

    /** However large: one deal of a trillion does not stop the job. */
    @Property
    void sumsAreExactBeyondTheRangeOfALong(@ForAll List<Long> added, @ForAll List<Long> taken) {
        Measures sum = LAYOUT.none();
        BigInteger exact = BigInteger.ZERO;
        for (long value : added) {
            sum = sum.plus(LAYOUT.builder().add(CENTS, value).measures());
            exact = exact.add(BigInteger.valueOf(value));
        }
        for (long value : taken) {
            sum = sum.plus(LAYOUT.builder().add(CENTS, value).measures().negated());
            exact = exact.subtract(BigInteger.valueOf(value));
        }
        assertThat(CENTS.of(sum, 0)).isEqualTo(new BigDecimal(exact));
        assertThat(sum.plus(sum.negated()).isZero()).isTrue();
        Measures all = sum;
        if (exact.bitLength() < Long.SIZE) {
            assertThat(CENTS.of(sum)).isEqualTo(exact.longValueExact());
        } else {
            assertThatThrownBy(() -> CENTS.of(all)).isInstanceOf(ArithmeticException.class);
        }
    }

    @Test
    void agesOfManyRowsAreExactToTheMicrosecond() {
        Instant created = Instant.parse("2026-01-01T00:00:00.000001Z");
        Measures one = LAYOUT.builder().add(TIME, created).measures();
        Measures sum = LAYOUT.none();
        for (int i = 0; i < 200_000; i++) {
            sum = sum.plus(one);
        }
        Instant now = created.plus(Duration.ofDays(3)).plusNanos(86_400_000);
        assertThat(TIME.meanAge(sum, 200_000, now, Duration.ofDays(1))).isEqualTo(new BigDecimal("3.000001"));
    }

    @Test
    void negativeDurationsAreSummedExactly() {
        Measures sum = LAYOUT.builder()
                .add(TIME, Duration.ofNanos(-1_500_001_000))
                .add(TIME, Duration.ofNanos(500_001_000))
                .measures();
        assertThat(TIME.mean(sum, 2, Duration.ofSeconds(1))).isEqualTo(new BigDecimal("-0.500000"));
    }

    @Test
    void meansAreRoundedHalfAwayFromZeroAsPostgresDoes() {
        Measures sum = LAYOUT.builder().add(TIME, Duration.ofNanos(1000)).measures();
        assertThat(TIME.mean(sum, 2, Duration.ofSeconds(1))).isEqualTo(new BigDecimal("0.000001"));
        assertThat(TIME.mean(sum.negated(), 2, Duration.ofSeconds(1))).isEqualTo(new BigDecimal("-0.000001"));
    }
}
