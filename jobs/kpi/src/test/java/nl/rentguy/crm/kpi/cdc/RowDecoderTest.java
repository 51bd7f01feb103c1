package nl.rentguy.crm.kpi.cdc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.RawChange.Operation;
import nl.rentguy.crm.kpi.cdc.RowDecoder.Decoded;
import nl.rentguy.crm.kpi.cdc.UndecodableChangeException.Reason;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.StatusWords;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the log sends becomes rows, or is refused by name; nothing is guessed. */
class RowDecoderTest {

    private static final CaptureSpec CAPTURED = CaptureSpec.of(new Configuration());
    private static final RowDecoder DECODER = new RowDecoder(CAPTURED, StatusWords.DEFAULTS);

    private static final Map<String, String> DEAL = Map.ofEntries(
            Map.entry("id", "9007199254740993"),
            Map.entry("tenant_id", "mrdj"),
            Map.entry("pipeline_id", "1"),
            Map.entry("stage_id", "2"),
            Map.entry("title", "Wedding"),
            Map.entry("value", "1234.50"),
            Map.entry("currency", "EUR"),
            Map.entry("expected_close", "20811"),
            Map.entry("probability", "40"),
            Map.entry("status", "Won"),
            Map.entry("created_at", "2026-11-22T06:17:55.009103Z"),
            Map.entry("updated_at", "2026-11-22T08:17:55+02:00"));

    private static RawChange deal(String column, @Nullable String value) {
        Map<String, String> columns = new HashMap<>(DEAL);
        if (value == null) {
            columns.remove(column);
        } else {
            columns.put(column, value);
        }
        return new RawChange("crm_deals", Operation.UPDATE, 77, 1_795_328_275_009_103L, columns);
    }

    @Test
    void aNeededTextThatTheLogLeavesOutIsToldWithTheRemedy() {
        assertThatThrownBy(() -> DECODER.decode(deal("currency", CrmRow.UNSENT)))
                .isInstanceOf(UndecodableChangeException.class)
                .extracting(e -> ((UndecodableChangeException) e).explanation())
                .asString()
                .contains("crm_deals.currency is so long")
                .contains("shorten it, or write it once more");
    }

    @Test
    void aRowIsReadWithItsMicrosecondsAndItsCommitTimeRoundedUp() throws UndecodableChangeException {
        RowChange change = DECODER.decode(deal("title", "x")).orElseThrow().change();
        assertThat(change.committedAt()).isEqualTo(1_795_328_275_010L);
        assertThat(change.row(Deal.class))
                .isEqualTo(new Deal(
                        9_007_199_254_740_993L,
                        "mrdj",
                        null,
                        1,
                        2,
                        "x",
                        123_450,
                        "EUR",
                        LocalDate.of(2026, 12, 24),
                        40,
                        Deal.Outcome.WON,
                        Instant.parse("2026-11-22T06:17:55.009103Z"),
                        Instant.parse("2026-11-22T06:17:55Z"),
                        Instant.parse("2026-11-22T06:17:55.009103Z")));
    }

    @ParameterizedTest
    @CsvSource({"1234.5, 123450", "-3, -300", "1E+2, 10000", "10.9900, 1099", "9999999999.99, 999999999999"})
    void amountsOfAnyNotationAreExactCents(String value, long cents) throws UndecodableChangeException {
        Deal deal = DECODER.decode(deal("value", value)).orElseThrow().change().row(Deal.class);
        assertThat(deal).isNotNull().extracting(Deal::valueCents).isEqualTo(cents);
    }

    @ParameterizedTest
    @CsvSource({
        "value, NaN, a decimal number",
        "value, 1.005, at most 2 decimals",
        "value, 99999999999999999999, at most 2 decimals and 12 digits",
        "value, -1000000000000, at most 2 decimals and 12 digits",
        "created_at, infinity, an instant",
        "updated_at, 2026-11-22, an instant",
        "created_at, 0044-03-15T00:00:00Z, between 1900 and 2200",
        "stage_id, two, an integer"
    })
    void whatCannotBeReadIsRefusedWithColumnValueAndExpectation(String column, String value, String expected) {
        assertThatThrownBy(() -> DECODER.decode(deal(column, value)))
                .isInstanceOfSatisfying(UndecodableChangeException.class, e -> assertThat(e.reason())
                        .isEqualTo(Reason.UNREADABLE_VALUE))
                .hasMessageContainingAll("crm_deals." + column, value, expected, "9007199254740993");
    }

    @ParameterizedTest
    @CsvSource({"40.5", "-1", "101", "2000000000", "NaN"})
    void aProbabilityThatIsNoneCostsTheWeightedValuesAlone(String value) throws UndecodableChangeException {
        Decoded decoded = DECODER.decode(deal("probability", value)).orElseThrow();
        assertThat(decoded.change().row(Deal.class))
                .isNotNull()
                .extracting(Deal::probability)
                .isEqualTo(0);
        assertThat(decoded.setAside()).singleElement().satisfies(aside -> assertThat(aside)
                .hasMessageContainingAll("crm_deals.probability", value, "9007199254740993", "counts in everything"));
        assertThat(DECODER.decode(deal("probability", "40")).orElseThrow().setAside())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"2932896", "-2147472692", "-622191233", "infinity", "-62135596"})
    void aDateBeyondTimeIsHowCrmsWriteThatThereIsNone(String value) throws UndecodableChangeException {
        Decoded decoded = DECODER.decode(deal("expected_close", value)).orElseThrow();
        assertThat(decoded.change().row(Deal.class))
                .isNotNull()
                .extracting(Deal::expectedClose)
                .isNull();
        assertThat(decoded.setAside()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"EUR, EUR", "eur, EUR", "Usd, USD", "€, €", "'eur ', 'eur '", "euro, euro"})
    void currenciesAreInCapitalsAndWhatIsNoCodeStaysAsItIs(String value, String expected)
            throws UndecodableChangeException {
        Deal deal =
                DECODER.decode(deal("currency", value)).orElseThrow().change().row(Deal.class);
        assertThat(deal).isNotNull().extracting(Deal::currency).isEqualTo(expected);
    }

    @Test
    void anUnknownStatusWordIsNamedAndCountsAsOpen() throws UndecodableChangeException {
        Decoded decoded = DECODER.decode(deal("status", "Negotiating")).orElseThrow();
        assertThat(decoded.unknownStatus()).isEqualTo("Negotiating");
        assertThat(decoded.change().row(Deal.class))
                .isNotNull()
                .extracting(Deal::outcome)
                .isEqualTo(Deal.Outcome.OPEN);
        assertThat(DECODER.decode(deal("status", "CLOSED_LOST")).orElseThrow().unknownStatus())
                .isNull();
    }

    @Test
    void aTenantsNameIsNeverCutOffAsItWouldBeAnothers() {
        assertThatThrownBy(() -> DECODER.decode(deal("tenant_id", "t".repeat(201))))
                .isInstanceOf(UndecodableChangeException.class)
                .hasMessageContaining("at most 200 characters");
    }

    @Test
    void aMissingValueIsRefused() {
        assertThatThrownBy(() -> DECODER.decode(deal("currency", null)))
                .isInstanceOfSatisfying(UndecodableChangeException.class, e -> assertThat(e.reason())
                        .isEqualTo(Reason.MISSING_VALUE))
                .hasMessageContaining("crm_deals.currency is NULL or was not sent");
    }

    @Test
    void aDeadLetterHasNoPersonalColumnAndOneIdPerEvent() {
        RawChange raw = deal("value", "NaN");
        DeadLetter letter =
                DeadLetter.of(raw, new UndecodableChangeException(Reason.UNREADABLE_VALUE, "why"), CAPTURED);
        assertThat(letter.payload()).contains("\"value\":\"NaN\"").doesNotContain("Wedding", "title");
        assertThat(DeadLetter.of(
                                deal("value", "NaN"),
                                new UndecodableChangeException(Reason.UNREADABLE_VALUE, "why"),
                                CAPTURED)
                        .id())
                .isEqualTo(letter.id());
    }

    @Test
    void aDeletionNeedsNothingButTheKey() throws UndecodableChangeException {
        RawChange raw = new RawChange("crm_automation_runs", Operation.DELETE, 78, 1_000, Map.of("id", "5"));
        assertThat(DECODER.decode(raw).orElseThrow().change())
                .isEqualTo(RowChange.deletion(CrmTable.AUTOMATION_RUNS, 5, 1));
    }

    @Test
    void otherTablesAreNoKpisBusiness() throws UndecodableChangeException {
        assertThat(DECODER.decode(new RawChange("crm_kpi_heartbeat", Operation.UPDATE, 1, 1, Map.of("id", "1"))))
                .isEmpty();
    }
}
