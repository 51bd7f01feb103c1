package nl.rentguy.crm.kpi.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobConfigTest {

    @Test
    void settingsComeOnTopOfTheFile(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("job.properties"), "kpi.sla-minutes = 15\nkpi.emit-interval = 100 ms\n");
        Configuration config = JobConfig.load(file, Map.of(), List.of("kpi.sla-minutes=20"));
        assertThat(config.get(JobOptions.KPI_SLA_MINUTES)).isEqualTo(20);
        assertThat(config.get(JobOptions.KPI_EMIT_INTERVAL)).isEqualTo(Duration.ofMillis(100));
        assertThat(Definitions.kpiSettings(config).sla().limit()).isEqualTo(Duration.ofMinutes(20));
    }

    @Test
    void theEnvironmentComesOnTopOfTheFileAndBelowSettings(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("job.properties"), "kpi.sla-minutes = 15\nkpi.stale-days = 7\n");
        Map<String, String> environment = Map.of(
                "KPI_SLA_MINUTES",
                "16",
                "KPI_STALE_DAYS",
                "8",
                "CRM_JDBC_URL",
                "jdbc:postgresql://db/crm",
                "HOME",
                "/");
        Configuration config = JobConfig.load(file, environment, List.of("kpi.sla-minutes=17"));
        assertThat(config.get(JobOptions.KPI_SLA_MINUTES)).isEqualTo(17);
        assertThat(config.get(JobOptions.KPI_STALE_DAYS)).isEqualTo(8);
        assertThat(Database.crm(config))
                .extracting(Database::host, Database::port, Database::name)
                .containsExactly("db", 5432, "crm");
    }

    @Test
    void aPasswordMayComeFromAFileOfItsOwn(@TempDir Path folder) throws Exception {
        String file = Files.writeString(folder.resolve("secret"), "geheim\n").toString();
        assertThat(crm("crm.password-file=" + file).password()).isEqualTo("geheim");
        assertThatThrownBy(() ->
                        JobConfig.load(null, Map.of("CRM_PASSWORD", "anders"), List.of("crm.password-file=" + file)))
                .hasMessageContainingAll("crm.password", "crm.password-file", "both")
                .hasMessageNotContaining("anders");
        assertThatThrownBy(() -> crm("crm.password-file=/nowhere").password())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("/nowhere");
        assertThat(crm("kpi.password-file=/nowhere").password())
                .as("what is not used is not read")
                .isEmpty();
        assertThatThrownBy(() -> JobConfig.load(null, Map.of(), List.of("metrics.password=geheim")))
                .hasMessageContainingAll("metrics.password", "environment")
                .hasMessageNotContaining("geheim");
    }

    private static Database crm(String setting) {
        return Database.crm(
                JobConfig.load(null, Map.of(), List.of("crm.jdbc-url=jdbc:postgresql://127.0.0.1:5432/crm", setting)));
    }

    @Test
    void blanksAroundAPasswordArePartOfIt(@TempDir Path folder) throws Exception {
        String file =
                Files.writeString(folder.resolve("secret"), " geheim \t\r\n").toString();
        assertThat(crm("crm.password-file=" + file).password()).isEqualTo(" geheim \t");
        assertThat(JobConfig.load(null, Map.of("CRM_PASSWORD", " geheim "), List.of())
                        .get(JobOptions.CRM_PASSWORD))
                .isEqualTo(" geheim ");
        Path properties = Files.writeString(folder.resolve("job.properties"), "kpi.password = \\ geheim \n");
        assertThat(JobConfig.load(properties, Map.of(), List.of()).get(JobOptions.KPI_PASSWORD))
                .isEqualTo(" geheim ");
    }

    @Test
    void aWorkflowMayHaveAnSlaOfItsOwn() {
        KpiSettings.Sla sla = Definitions.kpiSettings(JobConfig.load(
                        null,
                        Map.of(),
                        List.of("kpi.sla-minutes=20", "kpi.sla-minutes.lead_intake=15", "kpi.overdue-watch-days=7")))
                .sla();
        assertThat(sla.of("lead_intake")).isEqualTo(Duration.ofMinutes(15));
        assertThat(sla.of("other")).isEqualTo(Duration.ofMinutes(20));
        assertThat(sla.watch()).isEqualTo(Duration.ofDays(7));
        assertThatThrownBy(() -> Definitions.kpiSettings(
                        JobConfig.load(null, Map.of(), List.of("kpi.sla-minutes.lead_intake=0"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("kpi.sla-minutes.lead_intake", "'0'");
        assertThatThrownBy(() -> JobConfig.load(null, Map.of(), List.of("kpi.sla-minutes.lead_intake=soon")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("kpi.sla-minutes.lead_intake", "'soon'");
    }

    @Test
    void aStatusWordHasOneMeaningInAnyLetters() {
        StatusWords words = Definitions.statusWords(JobConfig.load(
                null, Map.of(), List.of("crm.deal-words.won=won, Gewonnen", "crm.run-words.failed=FOUT")));
        assertThat(words.deal("GEWONNEN")).isEqualTo(Deal.Outcome.WON);
        assertThat(words.deal("verloren")).isEqualTo(Deal.Outcome.OPEN);
        assertThat(words.run("fout")).isEqualTo(AutomationRun.Status.FAILED);
        assertThat(words.knowsRun("failed")).isFalse();
        assertThatThrownBy(() -> Definitions.kpiSettings(
                        JobConfig.load(null, Map.of(), List.of("crm.deal-words.open=Lost, open"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("'Lost'", "crm.deal-words.lost", "crm.deal-words.open");
    }

    @Test
    void anUnknownKeyNamesTheNearest() {
        assertThatThrownBy(() -> JobConfig.load(null, Map.of(), List.of("kpi.window-day=30")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("There is no option 'kpi.window-day'; did you mean kpi.window-days?");
    }

    @Test
    void aBadValueNamesKeyValueAndWhatIsExpected() {
        assertThatThrownBy(() -> JobConfig.load(null, Map.of(), List.of("kpi.window-days=thirty")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("kpi.window-days", "'thirty'", "Length of the rolling window", "30");
        assertThatThrownBy(() -> Definitions.kpiSettings(JobConfig.load(null, Map.of(), List.of("kpi.window-days=0"))))
                .hasMessageContainingAll("kpi.window-days", "'0'", "from 1 on");
        assertThatThrownBy(() -> Definitions.kpiSettings(JobConfig.load(null, Map.of(), List.of("kpi.time-zone=Mars"))))
                .hasMessageContainingAll("kpi.time-zone", "'Mars'", "Europe/Amsterdam");
        assertThatThrownBy(() -> JobOptions.atLeastAMillisecond(
                        JobOptions.KPI_EMIT_INTERVAL,
                        JobConfig.load(null, Map.of(), List.of("kpi.emit-interval=0 ms"))))
                .hasMessageContainingAll("kpi.emit-interval", "1 ms");
        assertThatThrownBy(() ->
                        JobOptions.emitInterval(JobConfig.load(null, Map.of(), List.of("kpi.emit-interval=30 ms"))))
                .hasMessageContainingAll("kpi.emit-interval", "'30 ms'", "whole part of a second");
        assertThatThrownBy(() -> JobOptions.refreshInterval(
                        JobConfig.load(null, Map.of(), List.of("kpi.refresh-interval=1500 ms"))))
                .hasMessageContainingAll("kpi.refresh-interval", "'1500 ms'", "whole seconds");
    }

    @Test
    void whatIsNoSettingAndAFileThatIsNotThereAreNamed() {
        assertThatThrownBy(() -> JobConfig.load(null, Map.of(), List.of("kpi.window-days")))
                .hasMessage("'kpi.window-days' is no setting; expected key=value");
        assertThatThrownBy(() -> JobConfig.load(Path.of("nowhere.properties"), Map.of(), List.of()))
                .hasMessageContaining("nowhere.properties");
    }

    @Test
    void anAddressThatIsNoneIsNamed() {
        Configuration config = JobConfig.load(null, Map.of(), List.of("crm.jdbc-url=mysql://crm"));
        assertThatThrownBy(() -> Database.crm(config))
                .hasMessageContainingAll("crm.jdbc-url", "'mysql://crm'", "jdbc:postgresql://host:port/database");
        assertThatThrownBy(() -> Database.crm(new Configuration())).hasMessageContaining("crm.jdbc-url is not set");
    }

    @Test
    void aPasswordInAnAddressOrInTheCommandLineIsRefusedAndNotRepeated() {
        Configuration config = JobConfig.load(
                null, Map.of(), List.of("crm.jdbc-url=jdbc:postgresql://db/crm?ssl=true&password=geheim"));
        assertThatThrownBy(() -> Database.crm(config))
                .hasMessageContainingAll("crm.jdbc-url", "crm.password-file")
                .hasMessageNotContaining("geheim");
        assertThatThrownBy(() -> JobConfig.load(null, Map.of(), List.of("kpi.password=geheim")))
                .hasMessageContainingAll("kpi.password", "environment")
                .hasMessageNotContaining("geheim");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://u:geheim@db/crm",
                "jdbc:postgresql://u:geheim@db:5432/crm",
                "jdbc:postgresql://db/crm?sslmode=require&sslpassword=geheim",
                "postgresql://u:geheim@db/crm"
            })
    void noFormOfAPasswordInAnAddressIsRepeated(String url) {
        Configuration config = JobConfig.load(null, Map.of(), List.of("kpi.jdbc-url=" + url));
        assertThatThrownBy(() -> Database.kpi(config))
                .hasMessageContaining("kpi.password-file")
                .hasMessageNotContaining("geheim");
    }

    @Test
    void anAddressOfSeveralServersAndAnUnknownParameterAreNamed() {
        assertThatThrownBy(() -> Database.crm(
                        JobConfig.load(null, Map.of(), List.of("crm.jdbc-url=jdbc:postgresql://a:1,b:2/crm"))))
                .hasMessageContainingAll("crm.jdbc-url", "one server");
        assertThatThrownBy(() -> Database.crm(
                        JobConfig.load(null, Map.of(), List.of("crm.jdbc-url=jdbc:postgresql://a/crm?sslmod=require"))))
                .hasMessageContainingAll("'sslmod'", "did you mean sslmode?");
    }

    @Test
    void deadLettersAreKeptForADayAtTheLeast() {
        assertThatThrownBy(() ->
                        JobOptions.deadLetterDays(JobConfig.load(null, Map.of(), List.of("kpi.dead-letter-days=0"))))
                .hasMessageContainingAll("kpi.dead-letter-days", "'0'", "from 1 on");
    }

    @Test
    void aSlotNameThatPostgresqlWouldRefuseIsNamed() {
        assertThatThrownBy(() -> JobOptions.slotName(JobConfig.load(null, Map.of(), List.of("cdc.slot-name=CRM-KPI"))))
                .hasMessageContainingAll("cdc.slot-name", "'CRM-KPI'", "crm_kpi");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kpi.freeze-days=31 | kpi.freeze-days is '31'; expected more than kpi.window-days and a day, which is 31",
                "kpi.idle-days=0 | kpi.idle-days is '0'; expected a whole number from 1 on"
            })
    void settingsThatCannotBeAreRefused(String setting, String message) {
        assertThatThrownBy(() -> Definitions.kpiSettings(JobConfig.load(null, Map.of(), List.of(setting))))
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "due_at, '', expected both",
        "'', status, expected both",
        "payload, status, may hold personal data",
        "due_at, summary, may hold personal data",
        "occurred_at, status, is read already"
    })
    void taskColumnsThatCannotBeAreRefused(String due, String status, String message) {
        assertThatThrownBy(() -> CaptureSpec.of(JobConfig.load(
                        null, Map.of(), List.of("crm.task-due-column=" + due, "crm.task-status-column=" + status))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void everyOptionIsListed() throws Exception {
        List<ConfigOption<?>> declared = new ArrayList<>();
        for (Field field : JobOptions.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.get(null) instanceof ConfigOption<?> option) {
                declared.add(option);
            }
        }
        assertThat(JobOptions.all()).containsExactlyElementsOf(declared);
    }
}
