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
import nl.rentguy.crm.kpi.engine.Slots.Sum;
import nl.rentguy.crm.kpi.engine.Slots.TimeSum;
import org.junit.jupiter.api.Test;

class AmountsTest {

    private static final Slots SLOTS = new Slots();
    private static final Sum CENTS = SLOTS.sum();
    private static final TimeSum TIME = SLOTS.timeSum();

    @Property
    void takingBackRestoresWhatWasThere(
            @ForAll List<@LongRange(min = -50, max = 50) Long> before,
            @ForAll List<@LongRange(min = -50, max = 50) Long> added) {
        Amounts start = tallied(before);
        Amounts change = tallied(added);
        assertThat(start.plus(change).plus(change.negated())).isEqualTo(start);
    }

    @Property
    void rankAndMaximumAreThoseOfTheSortedValues(
            @ForAll @NotEmpty List<@LongRange(min = -1000, max = 1000) Long> values,
            @ForAll @IntRange(min = 1, max = 100) int percent) {
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int rank = (int) Math.ceil(values.size() * percent / 100.0 - 1e-9);
        assertThat(Slots.percentile(tallied(values), percent)).isEqualTo(sorted.get(rank - 1));
        assertThat(Slots.max(tallied(values))).isEqualTo(sorted.get(sorted.size() - 1));
    }

    private static Amounts tallied(List<Long> values) {
        Slots.Filling filling = SLOTS.fill();
        values.forEach(value -> filling.add(CENTS, value).tally(value));
        return filling.amounts();
    }

    @Test
    void emptyHasNeitherRankNorMaximum() {
        assertThat(Slots.percentile(SLOTS.none(), 95)).isNull();
        assertThat(Slots.max(SLOTS.none())).isNull();
        assertThat(SLOTS.none().isZero()).isTrue();
    }

    /** However large: one deal of a trillion does not stop the job. */
    @Property
    void sumsAreExactBeyondTheRangeOfALong(@ForAll List<Long> added, @ForAll List<Long> taken) {
        Amounts sum = SLOTS.none();
        BigInteger exact = BigInteger.ZERO;
        for (long value : added) {
            sum = sum.plus(SLOTS.fill().add(CENTS, value).amounts());
            exact = exact.add(BigInteger.valueOf(value));
        }
        for (long value : taken) {
            sum = sum.plus(SLOTS.fill().add(CENTS, value).amounts().negated());
            exact = exact.subtract(BigInteger.valueOf(value));
        }
        assertThat(CENTS.of(sum, 0)).isEqualTo(new BigDecimal(exact));
        assertThat(sum.plus(sum.negated()).isZero()).isTrue();
        Amounts all = sum;
        if (exact.bitLength() < Long.SIZE) {
            assertThat(CENTS.of(sum)).isEqualTo(exact.longValueExact());
        } else {
            assertThatThrownBy(() -> CENTS.of(all)).isInstanceOf(ArithmeticException.class);
        }
    }

    @Test
    void agesOfManyRowsAreExactToTheMicrosecond() {
        Instant created = Instant.parse("2026-01-01T00:00:00.000001Z");
        Amounts one = SLOTS.fill().add(TIME, created).amounts();
        Amounts sum = SLOTS.none();
        for (int i = 0; i < 200_000; i++) {
            sum = sum.plus(one);
        }
        Instant now = created.plus(Duration.ofDays(3)).plusNanos(86_400_000);
        assertThat(TIME.meanAge(sum, 200_000, now, Duration.ofDays(1))).isEqualTo(new BigDecimal("3.000001"));
    }

    @Test
    void negativeDurationsAreSummedExactly() {
        Amounts sum = SLOTS.fill()
                .add(TIME, Duration.ofNanos(-1_500_001_000))
                .add(TIME, Duration.ofNanos(500_001_000))
                .amounts();
        assertThat(TIME.mean(sum, 2, Duration.ofSeconds(1))).isEqualTo(new BigDecimal("-0.500000"));
    }

    @Test
    void meansAreRoundedHalfAwayFromZeroAsPostgresDoes() {
        Amounts sum = SLOTS.fill().add(TIME, Duration.ofNanos(1000)).amounts();
        assertThat(TIME.mean(sum, 2, Duration.ofSeconds(1))).isEqualTo(new BigDecimal("0.000001"));
        assertThat(TIME.mean(sum.negated(), 2, Duration.ofSeconds(1))).isEqualTo(new BigDecimal("-0.000001"));
    }
}
