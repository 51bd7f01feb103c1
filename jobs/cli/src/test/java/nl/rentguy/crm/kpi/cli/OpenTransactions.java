package nl.rentguy.crm.kpi.cli;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Several connections that work in the CRM at the same time, each in transactions that stay open for a while, so that what one writes
 * stands in the log before what others have committed meanwhile. Some are rolled back. They work on automation runs and leads, of
 * which the KPI tables tell nothing of the past.
 */
final class OpenTransactions implements AutoCloseable {

    private final List<Future<?>> working = new ArrayList<>();
    private final List<Connection> connections;
    private final ExecutorService threads;
    private volatile boolean ended;

    /** @param connections to the CRM, one for each that works; closed at the end */
    OpenTransactions(List<Connection> connections, long seed) {
        this.connections = connections;
        this.threads = Executors.newFixedThreadPool(connections.size());
        for (int i = 0; i < connections.size(); i++) {
            Worker worker = new Worker(connections.get(i), "open-" + i, new Random(seed + i));
            working.add(threads.submit(() -> {
                worker.work();
                return null;
            }));
        }
    }

    private final class Worker {

        private final Connection crm;
        private final String name;
        private final Random random;

        Worker(Connection crm, String name, Random random) {
            this.crm = crm;
            this.name = name;
            this.random = random;
        }

        void work() throws SQLException {
            crm.setAutoCommit(false);
            while (!ended) {
                int statements = 1 + random.nextInt(4);
                for (int i = 0; i < statements; i++) {
                    execute(statement());
                    execute("SELECT pg_sleep(%s)".formatted(random.nextInt(60) / 1000.0));
                }
                if (random.nextInt(10) == 0) {
                    crm.rollback();
                } else {
                    crm.commit();
                }
            }
        }

        private String statement() {
            return switch (random.nextInt(6)) {
                case 0, 1 -> """
                    INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at)
                    SELECT 'open', (SELECT min(id) FROM crm_deals), 't', '%s', 'running', now() FROM generate_series(1, %d)""".formatted(name, 1 + random.nextInt(3));
                case 2 -> """
                    UPDATE crm_automation_runs SET status = 'completed', completed_at = clock_timestamp() WHERE id IN
                      (SELECT id FROM crm_automation_runs WHERE workflow_id = '%s' AND completed_at IS NULL ORDER BY random() LIMIT 3)""".formatted(name);
                case 3 -> """
                    DELETE FROM crm_automation_runs WHERE id IN
                      (SELECT id FROM crm_automation_runs WHERE workflow_id = '%s' ORDER BY random() LIMIT 1)""".formatted(name);
                case 4 ->
                    "INSERT INTO crm_leads (tenant_id, name, source) VALUES ('open', 'Open', '%s')".formatted(name);
                default -> """
                    UPDATE crm_leads SET status = 'qualified' WHERE id IN
                      (SELECT id FROM crm_leads WHERE source = '%s' ORDER BY random() LIMIT 2)""".formatted(name);
            };
        }

        private void execute(String sql) throws SQLException {
            try (Statement statement = crm.createStatement()) {
                statement.execute(sql);
            }
        }
    }

    /** Lets all end what they are at. */
    @Override
    public void close() throws Exception {
        ended = true;
        threads.shutdown();
        for (Future<?> worker : working) {
            worker.get();
        }
        for (Connection connection : connections) {
            connection.close();
        }
    }
}
