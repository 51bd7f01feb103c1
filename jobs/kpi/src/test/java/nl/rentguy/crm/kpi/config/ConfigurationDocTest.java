package nl.rentguy.crm.kpi.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.flink.configuration.ConfigOption;
import org.junit.jupiter.api.Test;

/**
 * docs/configuration.md and docs/job.properties are made from the options. After a change, run this test with
 * {@code -Dwrite.docs=true} to write them anew.
 */
class ConfigurationDocTest {

    private static final Path DOCS = Path.of("..", "..", "docs");

    @Test
    void theTableOfOptionsIsCurrent() throws IOException {
        assertCurrent(DOCS.resolve("configuration.md"), table());
    }

    @Test
    void theSampleIsCurrentAndIsRead() throws IOException {
        assertCurrent(DOCS.resolve("job.properties"), sample());
        Properties properties = new Properties();
        properties.load(new StringReader(sample().replace("#crm", "crm")
                .replace("#kpi", "kpi")
                .replace("#cdc", "cdc")
                .replace("#state", "state")
                .replace("#metrics", "metrics")));
        assertThat(properties.stringPropertyNames())
                .containsExactlyInAnyOrderElementsOf(
                        JobOptions.all().stream().map(ConfigOption::key).toList());
    }

    private static void assertCurrent(Path file, String text) throws IOException {
        if (Boolean.getBoolean("write.docs")) {
            Files.writeString(file, text);
        }
        assertThat(Files.readString(file)).isEqualTo(text);
    }

    /** One that stands for any number of options may be left out. */
    private static boolean isRequired(ConfigOption<?> option) {
        return !option.hasDefaultValue() && !option.key().contains("<");
    }

    private static String table() {
        StringBuilder text = new StringBuilder("""
                # Configuration

                A properties file (`--config job.properties`), then environment variables (`CRM_JDBC_URL` for `crm.jdbc-url`), then
                `--set key=value`, each on top of the one before. Durations carry their unit: `20 ms`, `1 min`. An unknown key is an error.
                [job.properties](job.properties) is a sample to start from. This page is made from
                [`JobOptions`](../jobs/kpi/src/main/java/nl/rentguy/crm/kpi/config/JobOptions.java).

                | key | default | meaning |
                |---|---|---|
                """);
        for (ConfigOption<?> option : JobOptions.all()) {
            String shown = JobOptions.shown(option.defaultValue());
            text.append("| `%s` | %s | %s |%n"
                    .formatted(
                            option.key(),
                            isRequired(option) ? "required" : shown.isEmpty() ? "" : "`" + shown + "`",
                            JobOptions.description(option)));
        }
        return text.toString();
    }

    private static String sample() {
        StringBuilder text = new StringBuilder("# The configuration of CRM KPI Streams. See docs/configuration.md.\n");
        for (ConfigOption<?> option : JobOptions.all()) {
            text.append("%n# %s%n%s%s = %s%n"
                    .formatted(
                            JobOptions.description(option),
                            isRequired(option) ? "" : "#",
                            option.key(),
                            JobOptions.shown(option.defaultValue())));
        }
        return text.toString();
    }
}
