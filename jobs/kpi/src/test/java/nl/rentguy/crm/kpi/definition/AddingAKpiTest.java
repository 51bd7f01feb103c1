package nl.rentguy.crm.kpi.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/adding-a-kpi.md} shows what is compiled and tested here, letter by letter, without imports. */
class AddingAKpiTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "java/nl/rentguy/crm/kpi/definition/InquiriesByWeekday.java",
                "java/nl/rentguy/crm/kpi/definition/InquiriesByWeekdayTest.java",
                "resources/sql/kpi-example/V999__inquiries_by_weekday.sql",
                "resources/sql/oracle/crm_inquiries_by_weekday.sql"
            })
    void theDocumentShowsTheFile(String file) throws Exception {
        String text = Files.readString(Path.of("src", "test").resolve(file));
        String shown = file.endsWith(".java") ? text.substring(text.indexOf("/**")) : text;
        assertThat(Files.readString(Path.of("..", "..", "docs", "adding-a-kpi.md")))
                .contains(shown);
    }
}
