package nl.rentguy.crm.kpi.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.metabase.Dashboard;
import nl.rentguy.crm.kpi.metabase.Dashboard.Card;
import nl.rentguy.crm.kpi.metabase.Language;
import nl.rentguy.crm.kpi.metabase.Representation;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every card of the dashboard on KPI tables of several companies, as each role that reads them, with each filter off and on. */
@SuppressWarnings("NullAway.Init") // set before all tests
class MetabaseCardsTest {

    private static final Path DEPLOY = Path.of("../../deploy/metabase");
    private static final Path PICTURES = Path.of("../../docs/images");

    @TempDir
    private static Path folder;

    private static final Dashboard DASHBOARD = Dashboard.load();

    private static EmbeddedDatabase database;
    private static Connection connection;

    @BeforeAll
    static void companies() throws Exception {
        database = EmbeddedDatabase.start(folder.resolve("pg"), Ports.free("port", 0));
        connection = database.connect();
        database.run("crm/schema.sql");
        Oracle.install(connection);
        database.migrate();
        LivingCrm living = new LivingCrm(connection, 71, 3);
        living.seed();
        CrmAndTables.steps(living, 500);
        execute("""
                INSERT INTO crm_kpi.crm_kpi_status (pipeline, phase, kpi_time, rows_read, dead_letters, job_version, definition_version)
                VALUES ('crm-kpi', 'live', date_trunc('second', now()), 0, 0, '', '');
                INSERT INTO crm_kpi.crm_kpi_progress (pipeline, writer, writers, generation, written_until)
                SELECT pipeline, 0, 1, 1, kpi_time FROM crm_kpi.crm_kpi_status;
                INSERT INTO crm_kpi.crm_tenants SELECT tenant_id FROM crm_pipelines UNION SELECT tenant_id FROM crm_leads
                  UNION SELECT tenant_id FROM crm_acquisition_metrics UNION SELECT tenant_id FROM crm_automation_runs;
                INSERT INTO crm_kpi.crm_pipelines SELECT id, tenant_id, name FROM crm_pipelines;
                INSERT INTO crm_kpi.crm_stages SELECT s.id, p.id, p.tenant_id, s.name, s."order"
                FROM crm_pipeline_stages s JOIN crm_pipelines p ON p.id = s.pipeline_id;
                CREATE ROLE one_tenant IN ROLE crm_kpi_tenants; INSERT INTO crm_kpi.crm_tenant_roles VALUES ('one_tenant', 'mrdj')""");
        for (Kpi kpi : new Kpis(KpiSettings.DEFAULTS).list()) {
            KpiTable<?> table = kpi.table();
            String columns = table.columns().stream().map(KpiTable.Column::name).collect(joining(", "));
            execute(
                    "INSERT INTO crm_kpi.%1$s (%2$s, as_of) SELECT %2$s, (SELECT kpi_time FROM crm_kpi.crm_kpi_status) FROM (%3$s) q"
                            .formatted(
                                    table.name(),
                                    columns,
                                    Oracle.sql("oracle/" + table.name() + ".sql")
                                            .replace(":as_of", "(SELECT kpi_time FROM crm_kpi.crm_kpi_status)")));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        database.close();
    }

    private static void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The rows that a card shows, each by its columns. */
    private static List<Map<String, String>> rows(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            ResultSetMetaData columns = row.getMetaData();
            List<Map<String, String>> rows = new ArrayList<>();
            while (row.next()) {
                Map<String, String> values = new TreeMap<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    values.put(columns.getColumnLabel(i), String.valueOf(row.getString(i)));
                }
                rows.add(values);
            }
            return rows;
        }
    }

    /** As Metabase puts it: each optional part with its filter's value, or not at all. */
    private static String filtered(Card card, Map<String, String> values) {
        String sql = DASHBOARD.sql(card);
        for (Map.Entry<String, String> filter : card.filters().entrySet()) {
            String value = values.get(filter.getKey());
            String[] column = filter.getValue().split("\\.", -1);
            String condition = "\"crm_kpi\".\"%s\".\"%s\" %s".formatted(column[0], column[1], value);
            sql = sql.replaceAll(
                    "\\[\\[([^\\[]*)\\{\\{" + filter.getKey() + "\\}\\}([^\\]]*)\\]\\]",
                    value == null ? "" : "$1" + condition.replace("$", "\\$") + "$2");
        }
        assertThat(sql).as(card.key()).doesNotContain("{{", "[[", "${");
        return sql;
    }

    @Test
    void everyCardAnswersWithEachFilterOffAndOn() throws SQLException {
        Map<String, String> nothing = Map.of(
                "tenant", "= 'nobody'", "pipeline", "= 'none'", "stage", "= 'none'", "day", "> current_date + 999");
        for (Card card : DASHBOARD.allCards()) {
            List<Map<String, String>> all = rows(filtered(card, Map.of()));
            if (!card.key().equals(DASHBOARD.alert().key())) {
                assertThat(all).as(card.key()).isNotEmpty();
            }
            for (Map<String, String> row : all) {
                assertThat(DASHBOARD.columns().keySet()).as(card.key()).containsAll(row.keySet());
            }
            for (String filter : card.filters().keySet()) {
                assertThat(DASHBOARD.filters()).containsKey(filter);
                List<Map<String, String>> some = rows(filtered(card, Map.of(filter, nothing.getOrDefault(filter, ""))));
                assertThat(some).as("%s by %s", card.key(), filter).isNotEqualTo(all);
            }
            rows(filtered(card, nothing));
        }
    }

    @Test
    void aTenantsRoleSeesWhatTheCompanysOwnSeesOfThatTenant() throws SQLException {
        for (Card card : DASHBOARD.allCards()) {
            execute("SET ROLE crm_kpi_reader");
            List<Map<String, String>> byFilter = rows(filtered(card, Map.of("tenant", "= 'mrdj'")));
            execute("SET ROLE one_tenant");
            List<Map<String, String>> byRole = rows(filtered(card, Map.of()));
            execute("SET ROLE crm_kpi_board; BEGIN; SELECT set_config('app.tenant', 'mrdj', true)");
            List<Map<String, String>> bySetting = rows(filtered(card, Map.of()));
            execute("ROLLBACK; RESET ROLE");
            if (card.filters().containsKey("tenant")) {
                assertThat(byRole).as(card.key()).isEqualTo(byFilter);
            }
            assertThat(bySetting).as(card.key()).isEqualTo(byRole);
        }
    }

    @Test
    void tilesSayWhatTheDashboardsDocumentSays() throws Exception {
        JsonNode document = new ObjectMapper()
                .readTree(rows("SELECT crm_kpi.dashboard('mrdj')").get(0).get("dashboard"));
        assertTile("total-pipeline", document.at("/headline/total_pipeline_value"));
        assertTile("weighted-pipeline", document.at("/headline/weighted_pipeline_value"));
        assertTile("won-30-days", document.at("/headline/won_value_last_30_days"));
        assertTile("conversion", document.at("/lead_funnel/conversion_rate"));
        assertThat(rows(filtered(card("stage-board"), Map.of("tenant", "= 'mrdj'"))).stream()
                        .mapToLong(row -> Long.parseLong(row.getOrDefault("deal_count", "")))
                        .sum())
                .isEqualTo(document.at("/sales/total_deals").asLong());
        assertThat(rows(filtered(card("lead-funnel"), Map.of("tenant", "= 'mrdj'")))
                        .get(0))
                .containsEntry("leads", document.at("/lead_funnel/total_leads").asText());
        assertThat(rows(filtered(card("automations"), Map.of("tenant", "= 'mrdj'"))))
                .hasSameSizeAs(document.path("automation"));
    }

    private static Card card(String key) {
        return DASHBOARD.cards().stream()
                .filter(card -> card.key().equals(key))
                .findFirst()
                .orElseThrow();
    }

    private static void assertTile(String key, JsonNode expected) throws SQLException {
        String shown = rows(filtered(card(key), Map.of("tenant", "= 'mrdj'")))
                .get(0)
                .values()
                .iterator()
                .next();
        assertThat(expected.isNumber()).as(key).isTrue();
        assertThat(Double.parseDouble(shown))
                .as(key)
                .isCloseTo(expected.asDouble(), org.assertj.core.data.Offset.offset(0.005));
    }

    @Test
    void noCardsOverlapOrStickOut() {
        boolean[][] taken = new boolean[100][24];
        List<List<Integer>> places = new ArrayList<>(List.of(List.of(0, 0, 14, 2)));
        DASHBOARD.cards().forEach(card -> places.add(card.at()));
        for (List<Integer> at : places) {
            for (int row = at.get(0); row < at.get(0) + at.get(3); row++) {
                for (int column = at.get(1); column < at.get(1) + at.get(2); column++) {
                    assertThat(taken[row][column]).as("%d, %d", row, column).isFalse();
                    taken[row][column] = true;
                }
            }
        }
    }

    /** {@code -Dwrite.docs=true} writes them. */
    @Test
    void theFilesThatMetabaseReadsAreCurrent() throws Exception {
        for (Language language : Language.values()) {
            Path root = DEPLOY.resolve(language.code());
            Map<String, String> files = Representation.of(DASHBOARD, language);
            if (Boolean.getBoolean("write.docs")) {
                for (Map.Entry<String, String> file : files.entrySet()) {
                    Path path = root.resolve(file.getKey());
                    Files.createDirectories(java.util.Objects.requireNonNull(path.getParent()));
                    Files.writeString(path, file.getValue());
                }
            }
            Map<String, String> there = new TreeMap<>();
            try (var paths = Files.walk(root)) {
                for (Path path : paths.filter(Files::isRegularFile).toList()) {
                    there.put(root.relativize(path).toString(), Files.readString(path));
                }
            }
            assertThat(there).isEqualTo(files);
        }
    }

    /** {@code -Dwrite.docs=true} draws them. */
    @Test
    void thePicturesInTheDocsShowEachCard() throws Exception {
        for (Language language : Language.values()) {
            Path file = PICTURES.resolve("metabase-%s.svg".formatted(language.code()));
            String drawn = DashboardPicture.draw(
                    DASHBOARD, language, card -> inOrder(filtered(card, Map.of("tenant", "= 'mrdj'"))));
            if (Boolean.getBoolean("write.docs")) {
                Files.writeString(file, drawn);
            }
            assertThat(titles(Files.readString(file))).isEqualTo(titles(drawn));
        }
    }

    /** The cards, by what stands at the same place of each. */
    private static List<String> titles(String picture) {
        return Pattern.compile("<text x=\"12.0\" y=\"20.0\"[^>]*>([^<]*)</text>")
                .matcher(picture)
                .results()
                .map(title -> title.group(1))
                .toList();
    }

    private static List<Map<String, @Nullable String>> inOrder(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<Map<String, @Nullable String>> rows = new ArrayList<>();
            while (row.next()) {
                Map<String, @Nullable String> values = new LinkedHashMap<>();
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    values.put(row.getMetaData().getColumnLabel(i), row.getString(i));
                }
                rows.add(values);
            }
            return rows;
        }
    }

    @Test
    void metabasesOwnSchemaTakesThem() throws Exception {
        for (Language language : Language.values()) {
            assertThat(MetabaseTools.validate(DEPLOY.resolve(language.code())))
                    .contains("%d passed".formatted(DASHBOARD.cards().size() + 3));
        }
    }
}
