package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instants are read as Java reads them, whatever the text. */
class IsoTest {

    /** From the year 1 to the year 9999. */
    @Property
    void anyInstantIsReadAsItWasWritten(
            @ForAll @LongRange(min = -62_135_596_800L, max = 253_402_300_799L) long second,
            @ForAll @IntRange(max = 999_999_999) int nano,
            @ForAll @IntRange(min = 1, max = 1_000_000_000) int precision) {
        Instant instant = Instant.ofEpochSecond(second, nano - nano % precision);
        assertThat(Iso.instant(instant.toString())).isEqualTo(instant);
    }

    @Property
    void aTextThatWasDamagedIsReadAsJavaReadsIt(
            @ForAll @IntRange(max = 26) int at, @ForAll @CharRange(from = '+', to = 'Z') char with) {
        StringBuilder text = new StringBuilder("2026-11-22T06:17:55.009103Z");
        text.setCharAt(at, with);
        assertAsJavaReadsIt(text.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Z",
                "2026-11-22T06:17:55Z",
                "2026-11-22T06:17:55.Z",
                "2026-11-22T06:17:55.1234567890Z",
                "2026-11-22T06:17:55+02:00",
                "2026-11-22T06:17Z",
                "2026-02-29T06:17:55Z",
                "2024-02-29T06:17:55Z",
                "2026-11-22T24:00:00Z",
                "2026-11-22T06:17:60Z",
                "+12026-11-22T06:17:55Z",
                "-0001-11-22T06:17:55Z",
                "2026-11-22T06:17:55.000000z",
                "infinity"
            })
    void otherFormsAreReadAsJavaReadsThem(String text) {
        assertAsJavaReadsIt(text);
    }

    private static void assertAsJavaReadsIt(String text) {
        Instant expected;
        try {
            expected = OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            assertThatThrownBy(() -> Iso.instant(text)).isInstanceOf(DateTimeException.class);
            return;
        }
        assertThat(Iso.instant(text)).isEqualTo(expected);
    }
}
