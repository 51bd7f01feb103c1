package nl.rentguy.crm.kpi.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.types.Row;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the rows of one KPI table, in batches. A row that the database refuses for what it holds, by an
 * index, a constraint or an encoding, is set aside in {@code crm_kpi_dead_letters} with the database's words; all others are
 * written. At-least-once: each statement leaves the same when it is run again, also those of a batch that was written in part.
 */
final class KpiTableSink implements Sink<Row> {

    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(KpiTableSink.class);
    private static final int MOST_HELD = 1_000;
    private static final long HELD_MILLIS = 5;

    /** What is sent at once is one transaction, and while it makes tenants, pipelines and stages all others wait for it. */
    private static final int SENT_AT_ONCE = 50;

    /** Classes of SQLSTATE that are about a value: data, constraints, limits, checks, and exceptions that a trigger raises. */
    private static final List<String> ABOUT_A_VALUE = List.of("21", "22", "23", "44", "54", "P0");

    private final GuardedUpsert upsert;
    private final String table;
    private final List<String> keyColumns;
    private final SinkConnection connection;

    KpiTableSink(KpiTable<?> table, Database kpi) {
        this.upsert = new GuardedUpsert(table);
        this.table = table.name();
        this.keyColumns = table.keyColumns().stream().map(KpiTable.Column::name).toList();
        this.connection = new SinkConnection(kpi);
    }

    @Override
    @Deprecated
    public SinkWriter<Row> createWriter(InitContext context) {
        throw new UnsupportedOperationException("Flink calls the other method");
    }

    @Override
    public SinkWriter<Row> createWriter(WriterInitContext context) throws IOException {
        try {
            connection.getOrEstablishConnection();
        } catch (SQLException e) {
            throw new IOException("Cannot write " + table + ": " + e.getMessage(), e);
        }
        return new Writer(context.metricGroup().counter("rows_refused"));
    }

    /** Writes in a thread of its own, as many tables' writers live in one task. */
    private final class Writer implements SinkWriter<Row> {

        private final Counter refused;
        private final Object writing = new Object();
        private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread daemon = new Thread(task, "write " + table);
            daemon.setDaemon(true);
            return daemon;
        });

        /** Guarded by itself. */
        private final List<Row> held = new ArrayList<>();

        private volatile @Nullable IOException failure;

        Writer(Counter refused) {
            this.refused = refused;
        }

        @Override
        public void write(Row row, Context context) throws IOException {
            int size;
            synchronized (held) {
                held.add(row);
                size = held.size();
            }
            if (size == 1) {
                var unused = thread.schedule(this::flushLater, HELD_MILLIS, TimeUnit.MILLISECONDS);
            } else if (size >= MOST_HELD) {
                flush();
            }
        }

        @Override
        public void flush(boolean endOfInput) throws IOException {
            flush();
        }

        private void flushLater() {
            try {
                flush();
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException e) {
                failure = new IOException("Cannot write " + table, e);
            }
        }

        private void flush() throws IOException {
            synchronized (writing) {
                if (failure != null) {
                    throw new IOException(failure);
                }
                List<Row> rows;
                synchronized (held) {
                    rows = List.copyOf(held);
                    held.clear();
                }
                if (!rows.isEmpty()) {
                    write(rows);
                }
            }
        }

        private void write(List<Row> rows) throws IOException {
            try {
                try {
                    writeAll(rows);
                } catch (SQLException e) {
                    if (isAboutAValue(e)) {
                        writeOneByOne(rows);
                    } else {
                        // The connection may have died of old age.
                        LOG.debug("Writing {} again", table, e);
                        connection.closeConnection();
                        writeAll(rows);
                    }
                }
            } catch (SQLException e) {
                connection.closeConnection();
                throw new IOException("Cannot write " + table + ": " + e.getMessage(), e);
            }
        }

        private void writeAll(List<Row> rows) throws SQLException {
            Connection database = connection.getOrEstablishConnection();
            try (PreparedStatement statement = database.prepareStatement(upsert.query())) {
                for (int i = 0; i < rows.size(); i++) {
                    upsert.statement(statement, rows.get(i));
                    statement.addBatch();
                    if (i % SENT_AT_ONCE == SENT_AT_ONCE - 1 || i == rows.size() - 1) {
                        statement.executeBatch();
                    }
                }
            }
        }

        private void writeOneByOne(List<Row> rows) throws SQLException {
            Connection database = connection.getOrEstablishConnection();
            try (PreparedStatement statement = database.prepareStatement(upsert.query())) {
                for (Row row : rows) {
                    try {
                        upsert.statement(statement, row);
                        statement.executeUpdate();
                    } catch (SQLException e) {
                        if (!isAboutAValue(e)) {
                            throw e;
                        }
                        setAside(row, e, database);
                    }
                }
            }
        }

        private void setAside(Row row, SQLException why, Connection database) throws SQLException {
            refused.inc();
            ObjectNode key = new ObjectMapper().createObjectNode();
            for (int i = 0; i < keyColumns.size(); i++) {
                key.put(keyColumns.get(i), shortened(String.valueOf(row.getField(i))));
            }
            String message = shortened(String.valueOf(why.getMessage()));
            LOG.warn("The KPI database refuses the row {} of {}: {}", key, table, message);
            DeadLetter letter = DeadLetter.refusedByDatabase("crm_kpi." + table, key.toString(), message);
            try (PreparedStatement insert = database.prepareStatement("""
                    INSERT INTO crm_kpi.crm_kpi_dead_letters (id, source, position, reason, message, payload, payload_sha256)
                    VALUES (?, ?, 0, ?, ?, ?::jsonb, ?)
                    ON CONFLICT (id) DO UPDATE SET received_at = now()""")) {
                insert.setString(1, letter.id());
                insert.setString(2, letter.source());
                insert.setString(3, letter.reason());
                insert.setString(4, letter.message());
                insert.setString(5, letter.payload());
                insert.setString(6, letter.payloadSha256());
                insert.executeUpdate();
            }
        }

        @Override
        public void close() {
            thread.shutdownNow();
            synchronized (writing) {
                connection.closeConnection();
            }
        }
    }

    private static boolean isAboutAValue(SQLException e) {
        String state = e.getSQLState();
        return state != null && state.length() == 5 && ABOUT_A_VALUE.contains(state.substring(0, 2));
    }

    private static String shortened(String text) {
        return text.length() <= 500 ? text : text.substring(0, text.offsetByCodePoints(0, 450)) + " ...";
    }
}
