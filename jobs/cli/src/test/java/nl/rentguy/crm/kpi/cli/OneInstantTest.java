package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.store.KpiWriter;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** While deals move to and fro, and a task manager is killed, each statement of a reader about a tenant sees one KPI time. */
@SuppressWarnings("NullAway.Init") // set before each test
class OneInstantTest {

    private static final int DEALS = 200;

    /** Each in a share of its own. */
    private static final List<String> TENANTS = List.of("mrdj", "weddings");

    /** Of a tenant: its deals by stage and by pipeline, and what they are worth, 100 each; won deals by stage and by pipeline; stale ones counted and listed. */
    private static final String SUMS = """
            SELECT (SELECT sum(deal_count) FROM crm_kpi.crm_pipeline_velocity WHERE tenant_id = t.id),
              (SELECT sum(total_deals) FROM crm_kpi.crm_sales_velocity WHERE tenant_id = t.id),
              (SELECT sum(total_pipeline_value) / 100 FROM crm_kpi.crm_headline WHERE tenant_id = t.id),
              (SELECT sum(won_deals_30d) FROM crm_kpi.crm_pipeline_velocity WHERE tenant_id = t.id)
                - (SELECT sum(won_deals_30d) FROM crm_kpi.crm_sales_velocity WHERE tenant_id = t.id),
              (SELECT sum(stale_deal_count) FROM crm_kpi.crm_pipeline_velocity WHERE tenant_id = t.id)
                - (SELECT count(*) FROM crm_kpi.crm_watchlist_items WHERE tenant_id = t.id AND kind = 'stale_stage'),
              (SELECT count(*) FROM crm_kpi.crm_watchlist_items w WHERE tenant_id = t.id AND as_of > crm_kpi.kpi_time(t.id)),
              extract(epoch FROM crm_kpi.kpi_time(t.id))
            FROM (SELECT '%s' AS id) AS t""";

    @TempDir
    private Path folder;

    private CrmAndTables tables;

    @BeforeEach
    void open() throws Exception {
        tables = CrmAndTables.create(folder);
    }

    @AfterEach
    void close() throws Exception {
        tables.close();
    }

    /** What one reader saw that does not agree, and how often it looked. */
    private record Seen(List<String> disagreements, long reads) {}

    private Seen read(String tenant, AtomicBoolean until) throws SQLException {
        List<String> disagreements = new ArrayList<>();
        long reads = 0;
        double kpiTime = 0;
        try (Connection connection = DriverManager.getConnection(tables.kpiUrl(), "postgres", "");
                Statement statement = connection.createStatement()) {
            while (!until.get()) {
                try (ResultSet row = statement.executeQuery(SUMS.formatted(tenant))) {
                    row.next();
                    reads++;
                    boolean agrees = row.getLong(1) == DEALS
                            && row.getLong(2) == DEALS
                            && row.getLong(3) == DEALS
                            && row.getLong(4) == 0
                            && row.getLong(5) == 0
                            && row.getLong(6) == 0
                            && row.getDouble(7) >= kpiTime;
                    kpiTime = row.getDouble(7);
                    if (!agrees) {
                        disagreements.add("%s %s %s, won %s, stale %s, ahead %s, at %s"
                                .formatted(
                                        row.getString(1),
                                        row.getString(2),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getString(6),
                                        row.getString(7)));
                    }
                }
            }
        }
        return new Seen(disagreements, reads);
    }

    @Test
    void aStatementAboutATenantSeesOneKpiTime() throws Exception {
        for (String tenant : TENANTS) {
            tables.execute("""
                    INSERT INTO crm_pipelines (tenant_id, name) SELECT '%1$s', 'Board ' || i FROM generate_series(1, 2) i;
                    INSERT INTO crm_pipeline_stages (pipeline_id, name, "order")
                    SELECT id, 'Stage ' || s, s FROM crm_pipelines, generate_series(1, 3) s WHERE tenant_id = '%1$s' ORDER BY id, s;
                    INSERT INTO crm_deals (tenant_id, pipeline_id, stage_id, title, value, updated_at)
                    SELECT '%1$s', p.pipeline_id, p.id, 'Deal', 100, now() - interval '20 days'
                    FROM (SELECT s.pipeline_id, s.id FROM crm_pipeline_stages s JOIN crm_pipelines b ON b.id = s.pipeline_id
                      WHERE b.tenant_id = '%1$s' ORDER BY s.id LIMIT 1) AS p, generate_series(1, %2$d)""".formatted(tenant, DEALS));
        }
        assertThat(TENANTS.stream().map(tenant -> KpiWriter.shareOf(tenant, 2))).containsExactlyInAnyOrder(0, 1);
        Configuration config = new Configuration();
        config.set(JobOptions.CRM_JDBC_URL, tables.jdbcUrl());
        config.set(JobOptions.KPI_JDBC_URL, tables.kpiUrl());
        config.set(JobOptions.KPI_USERNAME, "postgres");
        config.set(JobOptions.KPI_WRITERS, 2);
        ExecutorService readers = Executors.newFixedThreadPool(2);
        AtomicBoolean enough = new AtomicBoolean();
        try (TestCluster job = TestCluster.start(config, folder.resolve("checkpoints"), Duration.ofMillis(500))) {
            tables.awaitKpiTimeAfter(Instant.now());
            List<Future<Seen>> seen = new ArrayList<>();
            for (String tenant : TENANTS) {
                Callable<Seen> reader = () -> read(tenant, enough);
                seen.add(readers.submit(reader));
            }
            for (int i = 0; i < 2_000; i++) {
                move();
                if (i == 700) {
                    job.killTaskManager();
                }
            }
            tables.awaitKpiTimeAfter(Instant.now());
            enough.set(true);
            for (Future<Seen> reader : seen) {
                assertThat(reader.get().disagreements()).isEmpty();
                assertThat(reader.get().reads()).isGreaterThan(100);
            }
            tables.assertEqualToOracle();
        } finally {
            enough.set(true);
            readers.shutdownNow();
        }
    }

    /** Moves any deal to any stage of its tenant, also of another board; at times it is won or opened again. */
    private void move() throws SQLException {
        tables.execute("""
                UPDATE crm_deals d SET pipeline_id = s.pipeline_id, stage_id = s.id, updated_at = now(),
                  status = CASE WHEN random() < 0.2 THEN 'won' ELSE 'open' END
                FROM (SELECT id, tenant_id FROM crm_deals ORDER BY random() LIMIT 1) AS one,
                  LATERAL (SELECT s.id, s.pipeline_id FROM crm_pipeline_stages s JOIN crm_pipelines p ON p.id = s.pipeline_id
                    WHERE p.tenant_id = one.tenant_id ORDER BY random() LIMIT 1) AS s
                WHERE d.id = one.id""");
    }
}
