package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.store.KpiWriter.Batch;
import nl.rentguy.crm.kpi.store.KpiWriter.Begins;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a transaction of the writer leaves, on a real PostgreSQL. */
@SuppressWarnings("NullAway.Init") // set before each test
class KpiWriterTest {

    /** 2026-11-22 12:00:00 UTC. */
    private static final long NOON = 1_795_348_800_000L;

    private static final JsonSchema DEAD_LETTER = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(KpiWriterTest.class.getResourceAsStream("/schemas/dead-letter.schema.json"));

    private static final LocalDate DAY = LocalDate.of(2026, 11, 22);

    private TestDatabase database;
    private Connection connection;
    private KpiWriter writer;

    @BeforeEach
    void open() throws Exception {
        database = TestDatabase.create();
        connection = database.connect();
        writer = TestDatabase.writer(database.url(), 0, 1);
        assertThat(writer.open()).isNull();
    }

    @AfterEach
    void close() throws SQLException {
        writer.close();
        connection.close();
    }

    private static TableRow sla(String tenant, String workflow, LocalDate day, long runs, long asOf) {
        BigDecimal some = new BigDecimal("0.250000");
        return new TableRow(
                "crm_automation_sla",
                List.of(tenant, workflow, day),
                Arrays.asList(runs, 1L, 1L, 0L, 0L, 0L, 0L, some, some, null, some, some, some, 1L, null, 1L, some),
                asOf);
    }

    private static TableRow gone(String workflow, LocalDate day, long asOf) {
        return new TableRow("crm_automation_sla", List.of("mrdj", workflow, day), null, asOf);
    }

    private static TableRow visit(int number, @Nullable Instant leftAt, @Nullable String outcome, long asOf) {
        Instant entered = Instant.ofEpochMilli(NOON).minusSeconds(60);
        return new TableRow(
                "crm_deal_stage_history",
                List.of("mrdj", 7L, number),
                Arrays.asList(1L, 5L, entered, leftAt, null, BigDecimal.TEN, "EUR", outcome, null),
                asOf);
    }

    private void write(long until, Begins begins, TableRow... rows) throws Exception {
        writer.write(new Batch(List.of(rows), until, begins));
    }

    private void write(long until, TableRow... rows) throws Exception {
        write(until, Begins.NONE, rows);
    }

    private List<String> texts(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> texts = new ArrayList<>();
            while (row.next()) {
                texts.add(row.getString(1));
            }
            return texts;
        }
    }

    private List<String> held() throws SQLException {
        return texts("""
                SELECT concat_ws(' ', tenant_id, workflow_id, run_date, run_count, 'at', 1000 * extract(epoch FROM as_of)::numeric - %d)
                FROM crm_kpi.crm_automation_sla ORDER BY 1""".formatted(NOON)).stream()
                .map(text -> text.replaceAll("\\.0+$", ""))
                .toList();
    }

    @Test
    void rowsAndKpiTimeAreThereTogether() throws Exception {
        write(NOON + 40, sla("mrdj", "w", DAY, 4, NOON + 20));
        assertThat(held()).containsExactly("mrdj w 2026-11-22 4 at 20");
        assertThat(texts("SELECT extract(epoch FROM written_until) FROM crm_kpi.crm_kpi_progress"))
                .containsExactly("1795348800.040000");
        write(NOON + 80, sla("mrdj", "w", DAY, 5, NOON + 60), sla("mrdj", "x", DAY, 1, NOON + 80));
        assertThat(held()).containsExactly("mrdj w 2026-11-22 5 at 60", "mrdj x 2026-11-22 1 at 80");
    }

    @Test
    void aRowThatStandsAsItIsIsNotWrittenAgain() throws Exception {
        write(NOON, sla("mrdj", "w", DAY, 4, NOON));
        List<String> before = texts("SELECT ctid::text FROM crm_kpi.crm_automation_sla");
        write(NOON + 20, sla("mrdj", "w", DAY, 4, NOON + 20));
        assertThat(texts("SELECT ctid::text FROM crm_kpi.crm_automation_sla")).isEqualTo(before);
    }

    @Test
    void aRowsKpiTimeDoesNotGoBack() throws Exception {
        write(NOON + 20, sla("mrdj", "w", DAY, 4, NOON + 20));
        write(NOON + 40, sla("mrdj", "w", DAY, 5, NOON));
        assertThat(held()).containsExactly("mrdj w 2026-11-22 5 at 20");
    }

    @Test
    void aDeletionDeletes() throws Exception {
        write(NOON, sla("mrdj", "w", DAY, 4, NOON));
        write(NOON + 20, gone("w", DAY, NOON + 20), gone("not there", DAY, NOON + 20));
        assertThat(held()).isEmpty();
    }

    @Test
    void thatAnotherWriterHasTakenOverIsSeenAndNothingIsWritten() throws Exception {
        write(NOON, sla("mrdj", "w", DAY, 4, NOON));
        try (KpiWriter successor = TestDatabase.writer(database.url(), 0, 1)) {
            assertThat(successor.open()).isEqualTo(Instant.ofEpochMilli(NOON));
            successor.write(new Batch(List.of(sla("mrdj", "w", DAY, 6, NOON + 40)), NOON + 40, Begins.NONE));
            assertThatThrownBy(() -> write(NOON + 60, sla("mrdj", "w", DAY, 5, NOON + 60)))
                    .isInstanceOf(SupersededException.class)
                    .hasMessageContaining("Writer 0 of test");
            successor.write(new Batch(List.of(), NOON + 60, Begins.NONE));
        }
        assertThat(held()).containsExactly("mrdj w 2026-11-22 6 at 40");
    }

    @Test
    void aWriterOfAShareThatThereIsNoLongerIsSupersededToo() throws Exception {
        try (KpiWriter second = TestDatabase.writer(database.url(), 1, 2)) {
            second.open();
            second.write(new Batch(List.of(), NOON + 90, Begins.NONE));
            try (KpiWriter only = TestDatabase.writer(database.url(), 0, 1)) {
                assertThat(only.open()).isEqualTo(Instant.ofEpochMilli(NOON + 90));
                assertThatThrownBy(() -> second.write(new Batch(List.of(), NOON + 100, Begins.NONE)))
                        .isInstanceOf(SupersededException.class);
            }
        }
    }

    @Test
    void aJobThatBeginsReplacesWhatTheTablesHaveOfItsTenants() throws Exception {
        LocalDate frozen = LocalDate.of(2025, 10, 18);
        write(
                NOON,
                sla("mrdj", "old", DAY, 1, NOON),
                sla("mrdj", "both", DAY, 2, NOON),
                sla("mrdj", "frozen", frozen, 3, NOON),
                sla("feestkompas", "of another", DAY, 4, NOON));
        write(
                NOON + 40,
                (tenant, table) -> tenant.equals("mrdj"),
                sla("mrdj", "both", DAY, 2, NOON + 20),
                sla("mrdj", "new", DAY, 6, NOON + 40));
        assertThat(held())
                .containsExactly(
                        "feestkompas of another 2026-11-22 4 at 0",
                        "mrdj both 2026-11-22 2 at 20",
                        "mrdj frozen 2025-10-18 3 at 0",
                        "mrdj new 2026-11-22 6 at 40");
    }

    @Test
    void ofADealThatIsGoneTheHistoryStaysAndTellsSo() throws Exception {
        write(
                NOON,
                visit(1, Instant.ofEpochMilli(NOON), "moved", NOON),
                visit(2, null, null, NOON),
                visit(3, null, null, NOON));
        write(NOON + 20, new TableRow("crm_deal_stage_history", List.of("mrdj", 7L, 2), null, NOON + 20));
        assertThat(history())
                .containsExactly(
                        "1 moved 1795348800.000000", "2 deleted 1795348800.020000 gone 1795348800.020000", "3");
        write(NOON + 40, Begins.ALL, visit(1, Instant.ofEpochMilli(NOON), "moved", NOON + 40));
        assertThat(history())
                .containsExactly(
                        "1 moved 1795348800.000000",
                        "2 deleted 1795348800.020000 gone 1795348800.020000",
                        "3 deleted 1795348800.040000 gone 1795348800.040000");
    }

    @Test
    void whatEndedLongAgoStaysAsItIsWhateverBegins() throws Exception {
        Instant longAgo = Instant.ofEpochMilli(NOON).minus(Duration.ofDays(KpiSettings.DEFAULTS.freezeDays()));
        write(
                NOON,
                visit(1, longAgo, "moved", NOON),
                visit(2, longAgo.plusMillis(21), "moved", NOON),
                visit(3, null, null, NOON));
        write(NOON + 20, Begins.ALL, visit(3, null, null, NOON + 20));
        assertThat(history())
                .extracting(row -> row.replaceAll(" 17\\d+\\.\\d+", ""))
                .containsExactly("1 moved", "2 moved gone", "3");
    }

    @Test
    void ofADealThatIsAnotherTenantsNowNoHistoryStays() throws Exception {
        write(NOON, visit(1, Instant.ofEpochMilli(NOON), "moved", NOON), visit(2, null, null, NOON));
        write(
                NOON + 20,
                TableRow.moved("crm_deal_stage_history", List.of("mrdj", 7L, 1), NOON + 20),
                TableRow.moved("crm_deal_stage_history", List.of("mrdj", 7L, 2), NOON + 20));
        assertThat(history()).isEmpty();
    }

    private List<String> history() throws SQLException {
        return texts("""
                SELECT concat_ws(' ', visit, outcome, extract(epoch FROM left_at), 'gone ' || extract(epoch FROM deleted_at))
                FROM crm_kpi.crm_deal_stage_history ORDER BY visit""");
    }

    @Test
    void whatTheDatabaseRefusesIsSetAsideAndAllElseIsWritten() throws Exception {
        StringBuilder random = new StringBuilder();
        new java.util.Random(1).ints(9_000, 0x4E00, 0x9FFF).forEach(letter -> random.appendCodePoint(letter));
        write(
                NOON,
                sla("mrdj", "w", DAY, 4, NOON),
                sla("mrdj", random.toString(), DAY, 5, NOON),
                sla("mrdj", "zero \u0000", DAY, 5, NOON),
                sla("mrdj", "x", DAY, 6, NOON));
        assertThat(held()).containsExactly("mrdj w 2026-11-22 4 at 0", "mrdj x 2026-11-22 6 at 0");
        assertThat(texts("SELECT reason || ' ' || source FROM crm_kpi.crm_kpi_dead_letters"))
                .containsOnly("refused_by_database crm_kpi.crm_automation_sla");
        for (String row : texts("SELECT to_jsonb(d) FROM crm_kpi.crm_kpi_dead_letters d")) {
            assertThat(DEAD_LETTER.validate(row, InputFormat.JSON)).as(row).isEmpty();
        }
        assertThat(writer.refused()).isEqualTo(2);
    }

    @Test
    void aLostConnectionIsMadeAgain() throws Exception {
        write(NOON, sla("mrdj", "w", DAY, 4, NOON));
        texts(
                "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        write(NOON + 20, sla("mrdj", "w", DAY, 5, NOON + 20));
        assertThat(held()).containsExactly("mrdj w 2026-11-22 5 at 20");
    }

    @Test
    void manyRowsTravelInPortionsAndAreThereAtOnce() throws Exception {
        TableRow[] rows = new TableRow[12_001];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = sla("mrdj", "w" + i, DAY, i, NOON);
        }
        write(NOON, rows);
        assertThat(texts("SELECT count(*) || ' ' || count(DISTINCT xmin::text) FROM crm_kpi.crm_automation_sla"))
                .containsExactly("12001 1");
    }

    @Test
    void instantsOfAnyYearAreWritten() throws Exception {
        Instant late = Instant.parse("+12026-11-22T12:00:00.000001Z");
        Instant early = Instant.parse("-0043-03-15T00:00:00Z");
        write(NOON, visit(1, late, "moved", NOON), visit(2, early, "moved", NOON));
        assertThat(texts(
                        "SELECT (left_at AT TIME ZONE 'UTC')::text FROM crm_kpi.crm_deal_stage_history ORDER BY visit"))
                .containsExactly("12026-11-22 12:00:00.000001", "0044-03-15 00:00:00 BC");
    }

    @Test
    void readersKnowTheShareOfATenantAndItsKpiTime() throws Exception {
        List<String> tenants =
                List.of("mrdj", "feestkompas", "Bruiloft & Zo", "\u00e9\u20ac\uD83C\uDFB6", "x".repeat(300));
        for (String tenant : tenants) {
            for (int shares : List.of(1, 2, 3, 7, 64)) {
                assertThat(texts("SELECT crm_kpi.share_of('%s', %d)".formatted(tenant, shares)))
                        .as("%s of %d", tenant, shares)
                        .containsExactly(Integer.toString(KpiWriter.shareOf(tenant, shares)));
            }
        }
        Dashboards.setKpiTime(connection, Instant.ofEpochMilli(NOON));
        try (KpiWriter first = TestDatabase.writer(database.url(), 0, 2);
                KpiWriter second = TestDatabase.writer(database.url(), 1, 2)) {
            first.open();
            second.open();
            first.write(new Batch(List.of(), NOON + 20, Begins.NONE));
            second.write(new Batch(List.of(), NOON + 40, Begins.NONE));
            for (String tenant : tenants) {
                long expected = KpiWriter.shareOf(tenant, 2) == 0 ? NOON + 20 : NOON + 40;
                assertThat(texts("SELECT trunc(1000 * extract(epoch FROM crm_kpi.kpi_time('%s')))".formatted(tenant)))
                        .containsExactly(Long.toString(expected));
            }
            assertThat(texts("SELECT trunc(1000 * extract(epoch FROM crm_kpi.kpi_time()))"))
                    .containsExactly(Long.toString(NOON + 20));
        }
    }

    @Test
    void toReplaceWhatIsThereTakesAsLongAsItTakes() throws Exception {
        write(NOON + 20, sla("mrdj", "w", DAY, 4, NOON + 20));
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN OLD; END $$;
                    CREATE TRIGGER linger BEFORE DELETE ON crm_kpi.crm_automation_sla FOR EACH ROW EXECUTE FUNCTION linger()""");
        }
        try (KpiWriter successor = TestDatabase.writer(database.url() + "?socketTimeout=1", 0, 1)) {
            successor.open();
            successor.write(new Batch(List.of(sla("mrdj", "x", DAY, 5, NOON + 40)), NOON + 40, Begins.ALL));
            assertThat(held()).containsExactly("mrdj x 2026-11-22 5 at 40");
            assertThatThrownBy(() ->
                            successor.write(new Batch(List.of(gone("x", DAY, NOON + 60)), NOON + 60, Begins.NONE)))
                    .as("a single row takes no longer than it may")
                    .isInstanceOf(SQLException.class);
        }
    }
}
