package nl.rentguy.crm.kpi.crm;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import nl.rentguy.crm.kpi.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One rule for letters in Java, in the KPI database and in the oracle. */
class LettersTest {

    private static final int CHUNK = 4_096;

    private static String sql(Connection connection, String expression, String text) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT " + expression)) {
            statement.setString(1, text);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return String.valueOf(row.getString(1));
            }
        }
    }

    @Test
    void everyLetterThereIsIsFoldedAlikeInBothLanguages() throws SQLException {
        try (Connection connection = TestDatabase.create().connect()) {
            for (int first = 1; first <= Character.MAX_CODE_POINT; first += CHUNK) {
                String letters = IntStream.range(first, Math.min(first + CHUNK, Character.MAX_CODE_POINT + 1))
                        .filter(letter -> letter < Character.MIN_SURROGATE || letter > Character.MAX_SURROGATE)
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining());
                for (String fold : List.of("crm_kpi.fold(?)", "oracle.fold(?)")) {
                    assertThat(sql(connection, fold, letters))
                            .as("%s from U+%x on", fold, first)
                            .isEqualTo(Letters.fold(letters));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ΟΔΥΣΣΕΥΣ, οδυσσευσ",
        "Οδυσσευς, οδυσσευσ",
        "İSTANBUL, istanbul",
        "CAFÉ, café",
        "ЁЛКА, ёлка",
        "Straße, straße",
        "'ﬁx 漢字 𝒢', 'ﬁx 漢字 𝒢'"
    })
    void aWordIsTheSameInCapitals(String word, String folded) {
        assertThat(Letters.fold(word)).isEqualTo(folded);
        assertThat(Letters.fold(folded)).isEqualTo(folded);
    }

    @Test
    void keysAreCutAtTheSameCharacterAndCurrenciesAreTheSame() throws SQLException {
        try (Connection connection = TestDatabase.create().connect()) {
            for (String text : List.of("", "short", "é".repeat(200), "𝒢é".repeat(150), "x".repeat(201))) {
                assertThat(sql(connection, "oracle.of_key(?)", text)).isEqualTo(Letters.ofKey(text));
            }
            for (String text : List.of("eur", "EUR", "Usd", "€", "eur ", "", "ıİs", "euro", "é".repeat(300))) {
                assertThat(sql(connection, "oracle.currency(?)", text)).isEqualTo(Letters.currency(text));
            }
        }
    }
}
