package nl.rentguy.crm.kpi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.RandomCrm.Step;
import nl.rentguy.crm.kpi.store.Dashboards;
import nl.rentguy.crm.kpi.store.Dashboards.Question;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriter.Batch;
import nl.rentguy.crm.kpi.store.KpiWriter.Begins;
import nl.rentguy.crm.kpi.store.TableRow;

/**
 * While a random history is written, step by step and by a writer that is replaced now and then, each document that a reader gets is one of
 * those that there are between two transactions.
 */
class ReadersDuringHistoriesTest {

    private static final List<String> TENANTS = List.of("mrdj", "feestkompas");
    private static final Instant START = Instant.parse("2026-03-28T22:59:30.250Z");
    private static final Kpis KPIS = new Kpis(KpiSettings.DEFAULTS);
    private static final int REPLACED_ONE_IN = 10;

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase database;

    @SuppressWarnings("NullAway.Init")
    private static ExecutorService reader;

    @BeforeContainer
    static void create() throws SQLException {
        database = TestDatabase.createOfAnyCrm();
        reader = Executors.newSingleThreadExecutor();
    }

    @AfterContainer
    static void end() {
        reader.shutdownNow();
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        return Histories.any();
    }

    @Property(tries = 25)
    void eachDocumentIsOfOneKpiTime(@ForAll("histories") List<Step> history, @ForAll Random order) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger reads = new AtomicInteger();
        Set<String> between = new HashSet<>();
        try (Connection crm = database.connect();
                Connection kpi = database.connect()) {
            clear(kpi);
            crm.setAutoCommit(false);
            Writing writing = new Writing(crm);
            try {
                writing.write(new Step(0, 1, 0, 0, 0), order);
                between.addAll(documents(kpi));
                Future<Set<String>> seen = reader.submit(() -> read(over, reads));
                for (Step step : history) {
                    if (order.nextInt(REPLACED_ONE_IN) == 0) {
                        writing.replaceWriter();
                    }
                    int before = reads.get();
                    writing.write(step, order);
                    between.addAll(documents(kpi));
                    while (reads.get() == before && !seen.isDone()) {
                        Thread.onSpinWait();
                    }
                }
                over.set(true);
                assertThat(between).containsAll(seen.get());
            } finally {
                over.set(true);
                writing.writer.close();
                crm.rollback();
            }
        }
    }

    private static void clear(Connection kpi) throws SQLException {
        try (Statement statement = kpi.createStatement()) {
            statement.execute("""
                    DO $$ DECLARE kept text; BEGIN
                      FOR kept IN SELECT tablename FROM pg_tables WHERE schemaname = 'crm_kpi' AND tablename NOT LIKE 'flyway%' LOOP
                        EXECUTE format('TRUNCATE crm_kpi.%I CASCADE', kept);
                      END LOOP;
                    END $$;
                    INSERT INTO crm_kpi.crm_kpi_status (pipeline, phase, rows_read, dead_letters, job_version, definition_version)
                    VALUES ('test', 'live', 0, 0, '', '')""");
        }
    }

    private static Set<String> documents(Connection kpi) throws SQLException {
        Set<String> documents = new HashSet<>();
        for (String tenant : TENANTS) {
            documents.add(Dashboards.document(kpi, Question.of(tenant)));
        }
        return documents;
    }

    private static Set<String> read(AtomicBoolean over, AtomicInteger reads) throws SQLException {
        Set<String> seen = new HashSet<>();
        try (Connection kpi = database.connect()) {
            while (!over.get()) {
                seen.addAll(documents(kpi));
                reads.incrementAndGet();
            }
        }
        return seen;
    }

    /** What the job does with a history, without Flink: each step is a transaction of the writer. */
    private static final class Writing {

        private final RandomCrm random;
        private final ChangeCapture capture;
        private final InMemoryTables tables = new InMemoryTables(KPIS);
        private Map<List<Object>, TableRow> written = new HashMap<>();
        private KpiWriter writer = writer();
        private Begins begins = Begins.ALL;
        private Instant now = START;

        Writing(Connection crm) throws Exception {
            random = new RandomCrm(crm);
            capture = new ChangeCapture(crm, new Random(1));
        }

        private static KpiWriter writer() throws Exception {
            KpiWriter writer = TestDatabase.writer(database.url(), 0, 1);
            writer.open();
            return writer;
        }

        void replaceWriter() throws Exception {
            writer.close();
            writer = writer();
        }

        void write(Step step, Random order) throws Exception {
            random.apply(step, now);
            List<RowChange> changes = capture.since(now.toEpochMilli());
            for (RowChange change : changes) {
                tables.apply(change, now.toEpochMilli());
            }
            now = now.plus(RandomCrm.jump(step)).plusMillis(20L * (1 + order.nextInt(3)));
            tables.advance(now.toEpochMilli());
            Map<List<Object>, TableRow> rows = new HashMap<>();
            for (TableRow row : tables.tableRows(now)) {
                rows.put(List.of(row.table(), row.key()), row);
            }
            List<TableRow> batch = new ArrayList<>(rows.values());
            written.forEach((key, row) -> {
                if (!rows.containsKey(key)) {
                    batch.add(new TableRow(row.table(), row.key(), null, now.toEpochMilli()));
                }
            });
            writer.write(new Batch(batch, now.toEpochMilli(), begins));
            begins = Begins.NONE;
            written = rows;
        }
    }
}
