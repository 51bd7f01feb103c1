package nl.rentguy.crm.kpi.benchmarks;

import java.io.PrintStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import nl.rentguy.crm.kpi.cli.EmbeddedDatabase;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;

/**
 * Every other change is a probe: an automation run of one of many deals, in one of several workflows. A reader polls their counts; the n-th run of a
 * workflow is visible when the count is n.
 */
final class Probes {

    private static final int WORKFLOWS = 50;
    private static final int DEALS = 5_000;
    private static final long PATIENCE_SECONDS = 120;
    private static final long POLL_NANOS = 1_000_000;

    private record Probe(int workflow, long count, long committedAt) {}

    private final Connection writing;
    private final EmbeddedDatabase database;
    private final List<Long> deals;
    private final Queue<Probe> waiting = new ConcurrentLinkedQueue<>();
    private final List<Long> nanos = new ArrayList<>();
    private volatile boolean written;
    private volatile long measureFrom = Long.MAX_VALUE;
    private long changes;
    private double elapsedSeconds;

    Probes(Connection writing, EmbeddedDatabase database) throws SQLException {
        this.writing = writing;
        this.database = database;
        this.deals = new ArrayList<>(DEALS);
        try (Statement statement = writing.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT id FROM crm_deals WHERE tenant_id = 'probe' ORDER BY id")) {
            while (rows.next()) {
                deals.add(rows.getLong(1));
            }
        }
    }

    /** Makes the deals that the probes are runs of. */
    static void prepare(Connection crm) throws SQLException {
        try (Statement statement = crm.createStatement()) {
            statement.execute("""
                    INSERT INTO crm_pipelines (tenant_id, name) VALUES ('probe', 'Probes');
                    INSERT INTO crm_pipeline_stages (pipeline_id, name, "order") SELECT max(id), 'Probes', 1 FROM crm_pipelines;
                    INSERT INTO crm_deals (tenant_id, pipeline_id, stage_id, title)
                    SELECT 'probe', pipeline_id, id, 'Probe' FROM
                      (SELECT pipeline_id, id FROM crm_pipeline_stages ORDER BY id DESC LIMIT 1) s, generate_series(1, %d)""".formatted(DEALS));
        }
    }

    /** Writes at that rate, and returns when every probe was seen. */
    void run(LivingCrm crm, int rate, Duration warmUp, Duration measured) throws Exception {
        FutureTask<Void> reader = new FutureTask<>(this::read, null);
        new Thread(reader, "reader").start();
        long start = System.nanoTime();
        measureFrom = start + warmUp.toNanos();
        long end = measureFrom + measured.toNanos();
        long[] counts = new long[WORKFLOWS];
        try (PreparedStatement insert = writing.prepareStatement("""
                INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status)
                VALUES ('probe', ?, 't', ?, 'running')""")) {
            long done = 0;
            for (long now = start; now < end; now = System.nanoTime()) {
                long due = start + done * 1_000_000_000L / rate;
                if (now < due) {
                    LockSupport.parkNanos(due - now);
                    continue;
                }
                if (done % 2 == 0) {
                    int workflow = (int) (done / 2 % WORKFLOWS);
                    insert.setLong(1, deals.get((int) (done / 2 % DEALS)));
                    insert.setString(2, Integer.toString(workflow));
                    insert.executeUpdate();
                    waiting.add(new Probe(workflow, ++counts[workflow], System.nanoTime()));
                } else {
                    crm.step();
                }
                done++;
            }
            changes = done;
            elapsedSeconds = (System.nanoTime() - start) / 1e9;
        } finally {
            written = true;
        }
        reader.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private void read() {
        try (Connection connection = database.connect();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT workflow_id, sum(run_count) FROM crm_kpi.crm_automation_sla WHERE tenant_id = 'probe' GROUP BY 1")) {
            long[] visible = new long[WORKFLOWS];
            while (!written || !waiting.isEmpty()) {
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        visible[rows.getInt(1)] = rows.getLong(2);
                    }
                }
                long now = System.nanoTime();
                waiting.removeIf(probe -> {
                    boolean seen = visible[probe.workflow()] >= probe.count();
                    if (seen && probe.committedAt() >= measureFrom) {
                        nanos.add(Math.max(0, now - probe.committedAt()));
                    }
                    return seen;
                });
                LockSupport.parkNanos(POLL_NANOS);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot read the KPI table", e);
        }
    }

    void print(PrintStream out) {
        List<Long> sorted = nanos.stream().sorted().toList();
        out.printf("%,d changes in %.0f s: %.0f per second%n", changes, elapsedSeconds, changes / elapsedSeconds);
        out.printf(
                "commit to visible, %,d samples: p50 %.0f ms, p90 %.0f ms, p99 %.0f ms, max %.0f ms%n",
                sorted.size(), rank(sorted, 50), rank(sorted, 90), rank(sorted, 99), rank(sorted, 100));
    }

    private static double rank(List<Long> sorted, int percent) {
        return sorted.get(Math.max(0, (int) Math.ceil(sorted.size() * percent / 100.0) - 1)) / 1e6;
    }
}
