package nl.rentguy.crm.kpi.benchmarks;

import static java.util.stream.Collectors.joining;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.EmbeddedDatabase;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.apache.flink.util.FileUtils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How long {@code crm_kpi.dashboard} takes when the KPI tables hold many tenants, each with what one simulated company has. The
 * document of the first is compared with the batch computation before anything is printed.
 */
@Command(
        name = "dashboard",
        description = "Measures the dashboard's document on KPI tables of many tenants.",
        mixinStandardHelpOptions = true)
public final class Dashboard implements Callable<Integer> {

    private static final PrintStream OUT = System.out;

    /** What a query asks for beside the tenant, as SQL. */
    private static final List<String> FILTERS = List.of(
            "",
            ", date_from => current_date - 30",
            ", pipeline_id => (SELECT min(pipeline_id)::int FROM crm_kpi.crm_pipelines p WHERE p.tenant_id = ?)",
            ", stage => 'Proposal', date_from => current_date - 90",
            ", lookback_days => 90",
            ", lookback_days => 365, date_from => current_date - 60");

    @Option(names = "--tenants", defaultValue = "1000", description = "How many (default: ${DEFAULT-VALUE}).")
    private int tenants;

    @Option(
            names = "--calls",
            defaultValue = "500",
            description = "For each kind of filter, of tenants at random (default: ${DEFAULT-VALUE}).")
    private int calls;

    @Option(names = "--port", defaultValue = "54327", description = "Port of PostgreSQL (default: ${DEFAULT-VALUE}).")
    private int port;

    private Dashboard() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Dashboard()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("crm-kpi-dashboard-");
        try (EmbeddedDatabase database = EmbeddedDatabase.start(Files.createDirectory(folder.resolve("pg")), port);
                Connection connection = database.connect()) {
            database.run("crm/schema.sql");
            Oracle.install(connection);
            database.migrate();
            new LivingCrm(connection, 1, 1).seed();
            fill(connection);
            if (!equalsTheOracle(connection)) {
                OUT.println("The document differs from the batch computation");
                return 1;
            }
            OUT.printf(
                    "%,d rows of %,d tenants; the document equals the batch computation%n", rows(connection), tenants);
            Random random = new Random(1);
            for (String filter : FILTERS) {
                measure(connection, filter, random, "the owner");
            }
            byRole(connection, random);
            return 0;
        } finally {
            FileUtils.deleteDirectoryQuietly(folder.toFile());
        }
    }

    /** What the oracle says of the company, once for each tenant, with ids of its own. */
    private void fill(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    INSERT INTO crm_kpi.crm_kpi_status (pipeline, phase, kpi_time, rows_read, dead_letters, job_version, definition_version)
                    VALUES ('crm-kpi', 'live', date_trunc('second', now()), 0, 0, '', '');
                    INSERT INTO crm_kpi.crm_kpi_progress (pipeline, writer, writers, generation, written_until)
                    SELECT pipeline, 0, 1, 1, kpi_time FROM crm_kpi.crm_kpi_status""");
            statement.execute("""
                    INSERT INTO crm_kpi.crm_tenants (tenant_id)
                    SELECT %1$s
                    FROM (SELECT tenant_id FROM crm_pipelines UNION SELECT tenant_id FROM crm_leads
                          UNION SELECT tenant_id FROM crm_acquisition_metrics UNION SELECT tenant_id FROM crm_automation_runs) q,
                      generate_series(0, %3$d) n;
                    INSERT INTO crm_kpi.crm_pipelines (pipeline_id, tenant_id)
                    SELECT %2$s, %1$s FROM (SELECT id AS pipeline_id, tenant_id FROM crm_pipelines) q, generate_series(0, %3$d) n;
                    INSERT INTO crm_kpi.crm_stages (stage_id, pipeline_id, tenant_id)
                    SELECT s.id + n * 100000, %2$s, %1$s
                    FROM crm_pipeline_stages s JOIN (SELECT id, tenant_id FROM crm_pipelines) p ON p.id = s.pipeline_id,
                      generate_series(0, %3$d) n""".formatted(ofTenant("tenant_id"), ofTenant("pipeline_id"), tenants - 1));
            for (Kpi kpi : new Kpis(KpiSettings.DEFAULTS).list()) {
                KpiTable<?> table = kpi.table();
                String names =
                        table.columns().stream().map(KpiTable.Column::name).collect(joining(", "));
                statement.execute(
                        "INSERT INTO crm_kpi.%1$s (%2$s, as_of) SELECT %3$s, now() FROM (%4$s) q, generate_series(0, %5$d) n"
                                .formatted(
                                        table.name(),
                                        names,
                                        table.columns().stream()
                                                .map(column -> ofTenant(column.name()))
                                                .collect(joining(", ")),
                                        Oracle.sql("oracle/" + table.name() + ".sql")
                                                .replace(":as_of", "(SELECT kpi_time FROM crm_kpi.crm_kpi_status)"),
                                        tenants - 1));
            }
            statement.execute("ANALYZE");
        }
    }

    private static String ofTenant(String column) {
        return switch (column) {
            case "tenant_id" -> "CASE n WHEN 0 THEN tenant_id ELSE tenant_id || '-' || n END";
            case "pipeline_id", "stage_id", "deal_id", "item_id" -> column + " + n * 100000";
            default -> column;
        };
    }

    private static boolean equalsTheOracle(Connection connection) throws SQLException {
        String oracle = Oracle.sql("oracle/dashboard.sql")
                .replace(":as_of::", "(SELECT kpi_time FROM crm_kpi.crm_kpi_status)::")
                .replace(":tenant::", "'mrdj'::")
                .replaceAll(":(pipeline_id|stage|date_from|lookback_days)::", "NULL::");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT crm_kpi.dashboard('mrdj') = (" + oracle + ")")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static long rows(Connection connection) throws SQLException {
        long rows = 0;
        try (Statement statement = connection.createStatement()) {
            for (Kpi kpi : new Kpis(KpiSettings.DEFAULTS).list()) {
                try (ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM crm_kpi." + kpi.table().name())) {
                    row.next();
                    rows += row.getLong(1);
                }
            }
        }
        return rows;
    }

    /** The same as readers who see one tenant each, by the policies of the tables. */
    private void byRole(Connection connection, Random random) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    CREATE ROLE one_tenant IN ROLE crm_kpi_tenants;
                    INSERT INTO crm_kpi.crm_tenant_roles VALUES ('one_tenant', 'mrdj')""");
            statement.execute("SET ROLE crm_kpi_reader");
            measure(connection, "", random, "crm_kpi_reader");
            statement.execute("SET ROLE one_tenant");
            times(
                    "a tenant's role: dashboard(tenant)",
                    statement,
                    () -> "mrdj",
                    "SELECT crm_kpi.dashboard('%s')::text");
            statement.execute("SET ROLE crm_kpi_board");
            times(
                    "crm_kpi_board, a transaction each: dashboard(tenant)",
                    statement,
                    () -> tenant(random),
                    "BEGIN READ ONLY; SELECT set_config('app.tenant', '%1$s', true); SELECT crm_kpi.dashboard('%1$s')::text; ROLLBACK");
            statement.execute("SET ROLE crm_kpi_exporter");
            times(
                    "crm_kpi_exporter: the metrics of all tenants",
                    statement,
                    () -> "",
                    "SELECT sum(value) FROM crm_kpi.crm_kpi_metrics");
            statement.execute("RESET ROLE");
        }
    }

    private void times(String what, Statement statement, Supplier<String> tenant, String sql) throws SQLException {
        long[] nanos = new long[calls];
        for (int i = -20; i < calls; i++) {
            String asked = sql.formatted(tenant.get());
            long started = System.nanoTime();
            statement.execute(asked);
            if (i >= 0) {
                nanos[i] = System.nanoTime() - started;
            }
        }
        print(what, nanos);
    }

    private String tenant(Random random) {
        return "mrdj-" + (1 + random.nextInt(tenants - 1));
    }

    private void measure(Connection connection, String filter, Random random, String role) throws SQLException {
        long[] nanos = new long[calls];
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT crm_kpi.dashboard(?" + filter + ")::text")) {
            for (int i = -20; i < calls; i++) {
                String tenant = tenant(random);
                for (int p = 1; p <= statement.getParameterMetaData().getParameterCount(); p++) {
                    statement.setString(p, tenant);
                }
                long started = System.nanoTime();
                statement.executeQuery().close();
                // The first calls of a connection make its plans.
                if (i >= 0) {
                    nanos[i] = System.nanoTime() - started;
                }
            }
        }
        print(role + ": dashboard(tenant" + filter.replaceAll("\\(SELECT.*\\)", "...") + ")", nanos);
    }

    private void print(String what, long[] nanos) {
        Arrays.sort(nanos);
        OUT.printf(
                "%s: %,d calls, p50 %.1f ms, p99 %.1f ms, max %.1f ms%n",
                what, calls, nanos[calls / 2] / 1e6, nanos[calls * 99 / 100] / 1e6, nanos[calls - 1] / 1e6);
    }
}
