package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nl.rentguy.crm.kpi.metabase.Dashboard;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code crm-kpi metabase push} into a server that keeps what it is sent and takes what Metabase's own command line would send. */
@SuppressWarnings("NullAway.Init") // set before the tests
class MetabasePushTest {

    private static final int CARDS = Dashboard.load().cards().size() + 1;

    private static Map<String, JsonNode> schemas;

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private StandInMetabase metabase;

    @BeforeAll
    static void schemas() throws Exception {
        schemas = Map.of(
                "POST card", MetabaseTools.requestSchema("card", "create"),
                "PUT card", MetabaseTools.requestSchema("card", "update"),
                "POST dashboard", MetabaseTools.requestSchema("dashboard", "create"),
                "PUT dashboard", MetabaseTools.requestSchema("dashboard", "update"),
                "POST collection", MetabaseTools.requestSchema("collection", "create"),
                "POST notification", MetabaseTools.requestSchema("alert", "create"),
                "POST pulse", MetabaseTools.requestSchema("subscription", "create"));
    }

    @BeforeEach
    void start() throws Exception {
        Set<List<String>> columns = new HashSet<>();
        Dashboard.load().cards().forEach(card -> card.filters()
                .values()
                .forEach(column -> columns.add(List.of(column.split("\\.", -1)))));
        metabase = new StandInMetabase(schemas, columns);
    }

    @AfterEach
    void stop() {
        metabase.close();
    }

    private int push(String... arguments) throws Exception {
        out.getBuffer().setLength(0);
        Path key = Files.writeString(folder.resolve("key"), StandInMetabase.KEY + "\n");
        CommandLine line = CrmKpi.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of(
                "metabase",
                "push",
                "--url",
                metabase.url().toString(),
                "--set",
                "kpi.jdbc-url=jdbc:postgresql://db:5432/kpi"));
        all.addAll(List.of(arguments));
        if (!all.contains("--api-key-file")) {
            all.addAll(List.of("--api-key-file", key.toString()));
        }
        return line.execute(all.toArray(new String[0]));
    }

    private ObjectNode card(String name) {
        return metabase.all("card").stream()
                .filter(card -> card.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theDashboardIsMadeAndThenNothingChanges() throws Exception {
        assertThat(push("--dry-run")).isZero();
        assertThat(out.toString()).contains("would make database connection 'CRM KPI' as crm_kpi_reader");
        assertThat(metabase.writes()).isEmpty();

        assertThat(push("--slack-channel", "#mrdj-ops")).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains("make dashboard 'MrDJ CRM KPI'", "make card 'Pipeline per fase'", "#refresh=300");
        assertThat(metabase.all("card")).hasSize(CARDS);
        assertThat(metabase.all("database")).singleElement().satisfies(database -> {
            assertThat(database.at("/details/user").asText()).isEqualTo("crm_kpi_reader");
            assertThat(database.at("/details/host").asText()).isEqualTo("db");
        });
        assertThat(metabase.all("dashboard")).singleElement().satisfies(dashboard -> {
            assertThat(dashboard.path("dashcards")).hasSize(CARDS);
            assertThat(dashboard.path("parameters")).hasSize(4);
        });
        assertThat(metabase.all("notification")).singleElement().satisfies(alert -> assertThat(
                        alert.at("/handlers/0/recipients/0/details/value").asText())
                .isEqualTo("#mrdj-ops"));
        assertThat(metabase.all("pulse")).singleElement().satisfies(weekly -> {
            assertThat(weekly.path("cards")).hasSize(CARDS - 1);
            assertThat(weekly.at("/channels/0/schedule_type").asText()).isEqualTo("weekly");
        });

        metabase.writes();
        assertThat(push("--slack-channel", "#mrdj-ops")).isZero();
        assertThat(metabase.writes()).isEmpty();
        assertThat(out.toString()).contains("Nothing to change");
    }

    @Test
    void whatAPersonChangedIsKeptUnlessItIsForced() throws Exception {
        assertThat(push()).isZero();
        card("Conversie").put("display", "gauge");
        ObjectNode dashboard = metabase.all("dashboard").get(0);
        ((ObjectNode) dashboard.at("/dashcards/1")).put("size_x", 3);
        metabase.writes();

        assertThat(push()).isZero();
        assertThat(metabase.writes()).isEmpty();
        assertThat(out.toString())
                .contains(
                        "keep card 'Conversie', which was changed by hand",
                        "keep dashboard 'MrDJ CRM KPI', which was changed by hand");
        assertThat(push("--dry-run", "--force")).isZero();
        assertThat(metabase.writes()).isEmpty();
        assertThat(out.toString()).contains("would change card 'Conversie'", "  - \"gauge\"", "  + \"scalar\"");

        assertThat(push("--force")).isZero();
        assertThat(card("Conversie").path("display").asText()).isEqualTo("scalar");
        assertThat(dashboard.at("/dashcards/1/size_x").asInt()).isNotEqualTo(3);
        metabase.writes();
        assertThat(push()).isZero();
        assertThat(metabase.writes()).isEmpty();
    }

    @Test
    void whatAnEarlierVersionSentIsBroughtUpToDate() throws Exception {
        assertThat(push()).isZero();
        // As if that version had had another text: what was sent is not what is wanted, and nobody touched it since.
        ObjectNode card = card("Conversie");
        card.put("description", card.path("description").asText().replaceFirst("crm-kpi \\S{8}", "crm-kpi 00000000"));
        metabase.writes();
        assertThat(push("--dry-run")).isZero();
        assertThat(out.toString()).contains("would change card 'Conversie'");
        assertThat(metabase.writes()).isEmpty();
        assertThat(push()).isZero();
        assertThat(metabase.writes()).hasSize(2).allMatch(write -> write.startsWith("PUT /api/card/"));
        assertThat(push()).isZero();
        assertThat(metabase.writes()).isEmpty();
    }

    @Test
    void aTenantHasACollectionAndAConnectionOfItsOwn() throws Exception {
        assertThat(push()).isZero();
        assertThat(push(
                        "--collection",
                        "Mr. DJ",
                        "--connection",
                        "CRM KPI mrdj",
                        "--user",
                        "crm_kpi_tenant_mrdj",
                        "--language",
                        "EN"))
                .isZero();
        assertThat(metabase.all("dashboard")).hasSize(2);
        assertThat(metabase.all("database"))
                .extracting(database -> database.at("/details/user").asText())
                .containsExactly("crm_kpi_reader", "crm_kpi_tenant_mrdj");
        assertThat(metabase.all("card")).hasSize(2 * CARDS);
        assertThat(card("Pipeline by stage")
                        .path("dataset_query")
                        .path("database")
                        .asInt())
                .isEqualTo(metabase.all("database").get(1).path("id").asInt());
    }

    @Test
    void wrongUseIsNamed() throws Exception {
        Path wrong = Files.writeString(folder.resolve("wrong"), "mb_other");
        assertThat(push("--api-key-file", wrong.toString())).isEqualTo(2);
        assertThat(push("--api-key-file", "/nowhere")).isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "refuses GET /api/user/current (401); expected an API key of a group of administrators",
                        "The file '/nowhere' cannot be read");
        metabase.close();
        assertThat(push()).isEqualTo(2);
        assertThat(err.toString()).contains("cannot be reached");
    }
}
