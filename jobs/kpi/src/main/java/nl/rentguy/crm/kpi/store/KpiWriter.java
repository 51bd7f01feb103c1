package nl.rentguy.crm.kpi.store;

import static java.util.stream.Collectors.toSet;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.KpiTable;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the rows of a share of all tenants, those of all tables at once: what changes until a KPI time, and that time in {@code
 * crm_kpi_progress}, are one transaction. So a reader's statement about a tenant sees one KPI time.
 *
 * <p>A writer that opens takes over: what an earlier one of the same share still sends is refused. To write the same rows again changes
 * nothing.
 *
 * <p>A row that the database refuses for what it holds, by an index, a constraint or an encoding, is set aside in {@code
 * crm_kpi_dead_letters} with the database's words; all others are written.
 */
public final class KpiWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KpiWriter.class);

    /** So many rows travel in one statement. */
    private static final int MOST_AT_ONCE = 5_000;

    /** Classes of SQLSTATE that are about a value: data, constraints, limits, checks, and exceptions that a trigger raises. */
    private static final List<String> ABOUT_A_VALUE = List.of("21", "22", "23", "44", "54", "P0");

    /** Statistics of a table that was analyzed while it was empty would make the planner read all of it for each row. */
    private static final String BY_KEY =
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off";

    private final Database kpi;
    private final KpiSettings settings;
    private final String pipeline;
    private final int writer;
    private final int writers;
    private final Map<String, TableStatements> tables = new LinkedHashMap<>();
    private final Dimensions dimensions;

    private volatile @Nullable Connection connection;

    /** Milliseconds that the connection waits for an answer, but for the first transaction. */
    private int patience;

    private volatile boolean closed;
    private long generation;

    /** Whether {@code crm_kpi_progress} says which tables this job keeps, and no others. */
    private boolean toldTables;

    private final AtomicLong refused = new AtomicLong();

    /**
     * What is written at once.
     *
     * @param rows of each key one
     * @param until KPI time that the tables then have, milliseconds since the epoch
     * @param begins of which tenants and tables nothing has been written by this job and those that it continues: what is there of
     *     them is replaced
     */
    public record Batch(List<TableRow> rows, long until, Begins begins) {}

    /** Which tables of which tenants begin. */
    @FunctionalInterface
    public interface Begins {

        /** None, of a job whose rows are in the tables. */
        Begins NONE = (tenant, table) -> false;

        /** All, of a job that is new. */
        Begins ALL = (tenant, table) -> true;

        boolean of(String tenant, String table);
    }

    /**
     * @param pipeline name of the job
     * @param writer number of its share of the tenants, from 0 on
     * @param writers how many shares there are
     */
    public KpiWriter(Database kpi, KpiSettings settings, String pipeline, int writer, int writers) {
        this.kpi = kpi;
        this.settings = settings;
        this.pipeline = pipeline;
        this.writer = writer;
        this.writers = writers;
        List<KpiTable<?>> all = new ArrayList<>();
        new Kpis(settings).list().forEach(each -> all.add(each.table()));
        all.forEach(table -> tables.put(table.name(), new TableStatements(table)));
        this.dimensions = new Dimensions(all);
    }

    /** The share that a tenant is in, from 0 on: the same that {@code crm_kpi.share_of} tells a reader. */
    public static int shareOf(String tenant, int writers) {
        if (writers == 1) {
            return 0;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(tenant.getBytes(StandardCharsets.UTF_8));
            return (int) (Integer.toUnsignedLong(ByteBuffer.wrap(hash).getInt()) % writers);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Takes over from earlier writers of this share, and of shares that there are no longer.
     *
     * @return KPI time until which the rows of all shares have been written by whomever; empty when none have been
     * @throws TableTakenException when another job keeps one of the tables
     */
    public @Nullable Instant open() throws SQLException, TableTakenException {
        Connection database = connect();
        refuseTablesOfOthers(database);
        try (PreparedStatement claim = database.prepareStatement("""
                WITH superseded AS (UPDATE crm_kpi.crm_kpi_progress SET generation = 0 WHERE pipeline = ? AND writer >= ?)
                INSERT INTO crm_kpi.crm_kpi_progress AS target (pipeline, writer, writers, generation, tables)
                VALUES (?, ?, ?, nextval('crm_kpi.crm_kpi_generation'), ?)
                ON CONFLICT (pipeline, writer) DO UPDATE SET (writers, generation, tables) =
                  (excluded.writers, excluded.generation, ARRAY (SELECT unnest(target.tables) UNION SELECT unnest(excluded.tables)))
                RETURNING generation""")) {
            claim.setString(1, pipeline);
            claim.setInt(2, writers);
            claim.setString(3, pipeline);
            claim.setInt(4, writer);
            claim.setInt(5, writers);
            claim.setArray(6, names(database));
            try (ResultSet row = claim.executeQuery()) {
                row.next();
                generation = row.getLong(1);
            }
        }
        database.commit();
        Instant until = WrittenUntil.of(pipeline, database);
        database.commit();
        return until;
    }

    private Array names(Connection database) throws SQLException {
        return database.createArrayOf("text", tables.keySet().toArray());
    }

    /** Until this transaction ends no other job begins. */
    private void refuseTablesOfOthers(Connection database) throws SQLException, TableTakenException {
        try (PreparedStatement select = database.prepareStatement("""
                SELECT string_agg(DISTINCT kept, ', ' ORDER BY kept), min(pipeline)
                FROM pg_advisory_xact_lock(hashtext('crm_kpi.crm_kpi_progress')), crm_kpi.crm_kpi_progress, unnest(tables) AS kept
                WHERE pipeline <> ? AND generation > 0 AND kept = ANY (?)""")) {
            select.setString(1, pipeline);
            select.setArray(2, names(database));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                String taken = row.getString(1);
                if (taken != null) {
                    database.rollback();
                    throw new TableTakenException(
                            "Another job, kpi.pipeline-name '%1$s', keeps %2$s. Give this one other kpi.groups, or a KPI database of its own; when that job is gone for good: DELETE FROM crm_kpi.crm_kpi_progress WHERE pipeline = '%1$s'"
                                    .formatted(row.getString(2), taken));
                }
            }
        }
    }

    /** How many rows the database has refused. */
    public long refused() {
        return refused.get();
    }

    private Connection connect() throws SQLException {
        Connection database = connection;
        if (database == null) {
            if (closed) {
                throw new SQLException("the writer is closed");
            }
            database = kpi.connect();
            connection = database;
            dimensions.reconnected();
            database.setAutoCommit(false);
            patience = database.getNetworkTimeout();
        }
        return database;
    }

    /**
     * Writes all of it, or nothing.
     *
     * @throws SupersededException when another writer has taken over
     */
    public void write(Batch batch) throws SQLException, SupersededException {
        try {
            write(batch, false);
        } catch (SQLException e) {
            if (isAboutAValue(e)) {
                connect().rollback();
                dimensions.forgetTransaction();
                write(batch, true);
            } else {
                // The connection may have died of old age.
                LOG.debug("Writing again", e);
                disconnect();
                write(batch, false);
            }
        }
    }

    /** @param oneByOne whether rows that are refused are set aside, which takes longer */
    private void write(Batch batch, boolean oneByOne) throws SQLException, SupersededException {
        Connection database = connect();
        advance(database, batch.until());
        try (Statement statement = database.createStatement()) {
            statement.execute(BY_KEY);
        }
        Map<String, List<String>> begin = beginning(database, batch);
        if (!begin.isEmpty() || !toldTables) {
            // All that an earlier job has left is replaced.
            Database.waitLong(database);
        }
        if (!toldTables) {
            clearOthers(database, batch.until());
        }
        for (Map.Entry<String, List<String>> table : begin.entrySet()) {
            statements(table.getKey()).clear(database, table.getValue(), lastFrozenDay(batch.until()));
        }
        Map<String, List<TableRow>> written = new LinkedHashMap<>();
        Map<String, List<TableRow>> gone = new LinkedHashMap<>();
        for (TableRow row : batch.rows()) {
            (row.isGone() ? gone : written)
                    .computeIfAbsent(row.table(), table -> new ArrayList<>())
                    .add(row);
        }
        if (!oneByOne) {
            dimensions.make(database, batch.rows());
        }
        for (Map.Entry<String, TableStatements> table : tables.entrySet()) {
            TableStatements statements = table.getValue();
            List<TableRow> goes = gone.getOrDefault(table.getKey(), List.of());
            List<TableRow> stands = written.getOrDefault(table.getKey(), List.of());
            inPortions(database, statements.retainsRows() ? stands : without(goes, stands), oneByOne, rows -> {
                if (oneByOne) {
                    dimensions.make(database, rows);
                    dimensions.forgetTransaction();
                }
                statements.write(database, rows, begin.containsKey(table.getKey()));
            });
            inPortions(database, goes, oneByOne, rows -> statements.delete(database, rows));
            if (begin.containsKey(table.getKey())) {
                statements.markOlder(
                        database,
                        begin.get(table.getKey()),
                        Instant.ofEpochMilli(first(batch)),
                        settings.lastHistory(Instant.ofEpochMilli(batch.until())));
            }
        }
        database.commit();
        database.setNetworkTimeout(Runnable::run, patience);
        toldTables = true;
        dimensions.committed();
    }

    /** A row that goes in the same batch need not come before. */
    private static List<TableRow> without(List<TableRow> gone, List<TableRow> written) {
        Set<List<Object>> keys = gone.stream().map(TableRow::key).collect(toSet());
        return written.stream().filter(row -> !keys.contains(row.key())).toList();
    }

    /** Whoever has taken over has changed the row, or waits until this transaction is over. */
    private void advance(Connection database, long until) throws SQLException, SupersededException {
        try (PreparedStatement update = database.prepareStatement(
                "UPDATE crm_kpi.crm_kpi_progress SET written_until = ?, written_at = clock_timestamp() WHERE pipeline = ? AND writer = ? AND generation = ?")) {
            update.setObject(1, Instant.ofEpochMilli(until).atOffset(ZoneOffset.UTC));
            update.setString(2, pipeline);
            update.setInt(3, writer);
            update.setLong(4, generation);
            if (update.executeUpdate() == 0) {
                database.rollback();
                throw new SupersededException("Writer %d of %s has been superseded: another one writes its rows by now"
                        .formatted(writer, pipeline));
            }
        }
    }

    private TableStatements statements(String table) {
        return Objects.requireNonNull(tables.get(table), table);
    }

    private LocalDate lastFrozenDay(long kpiTime) {
        return settings.lastFrozenDay(Instant.ofEpochMilli(kpiTime));
    }

    /** By table: the tenants of this share that begin, of those that the tables have rows of. */
    private Map<String, List<String>> beginning(Connection database, Batch batch) throws SQLException {
        Map<String, List<String>> begin = new LinkedHashMap<>();
        if (batch.begins() == Begins.NONE) {
            return begin;
        }
        for (String tenant : tenants(database)) {
            for (String table : tables.keySet()) {
                if (batch.begins().of(tenant, table)) {
                    begin.computeIfAbsent(table, name -> new ArrayList<>()).add(tenant);
                }
            }
        }
        return begin;
    }

    /** Those of this share. */
    private List<String> tenants(Connection database) throws SQLException {
        List<String> tenants = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet tenant = statement.executeQuery("SELECT tenant_id FROM crm_kpi.crm_tenants")) {
            while (tenant.next()) {
                if (shareOf(tenant.getString(1), writers) == writer) {
                    tenants.add(tenant.getString(1));
                }
            }
        }
        return tenants;
    }

    /** Empties tables that this job has kept and keeps no longer, history aside, unless another one keeps them now. */
    private void clearOthers(Connection database, long until) throws SQLException {
        List<String> former = new ArrayList<>();
        try (PreparedStatement select = database.prepareStatement("""
                SELECT DISTINCT kept FROM crm_kpi.crm_kpi_progress, unnest(tables) AS kept
                WHERE pipeline = ? AND kept <> ALL (?)
                  AND NOT EXISTS (SELECT FROM crm_kpi.crm_kpi_progress o WHERE o.pipeline <> ? AND o.generation > 0 AND kept = ANY (o.tables))""")) {
            select.setString(1, pipeline);
            select.setArray(2, names(database));
            select.setString(3, pipeline);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    former.add(row.getString(1));
                }
            }
        }
        if (!former.isEmpty()) {
            List<String> tenants = tenants(database);
            for (Kpi kpi : Kpis.all(settings).only(former).list()) {
                LOG.info("{} is no longer kept", kpi.table().name());
                new TableStatements(kpi.table()).clear(database, tenants, lastFrozenDay(until));
            }
        }
        try (PreparedStatement update = database.prepareStatement(
                "UPDATE crm_kpi.crm_kpi_progress SET tables = CASE WHEN generation > 0 THEN ? ELSE '{}' END WHERE pipeline = ? AND (writer = ? OR generation = 0)")) {
            update.setArray(1, names(database));
            update.setString(2, pipeline);
            update.setInt(3, writer);
            update.executeUpdate();
        }
    }

    private static long first(Batch batch) {
        return batch.rows().stream().mapToLong(TableRow::asOf).min().orElse(batch.until());
    }

    /** Writes some rows. */
    @FunctionalInterface
    private interface Write {
        void of(List<TableRow> rows) throws SQLException;
    }

    private void inPortions(Connection database, List<TableRow> rows, boolean oneByOne, Write write)
            throws SQLException {
        int size = oneByOne ? 1 : MOST_AT_ONCE;
        for (int from = 0; from < rows.size(); from += size) {
            List<TableRow> portion = rows.subList(from, Math.min(rows.size(), from + size));
            if (oneByOne) {
                Savepoint before = database.setSavepoint();
                try {
                    write.of(portion);
                    database.releaseSavepoint(before);
                } catch (SQLException e) {
                    if (!isAboutAValue(e)) {
                        throw e;
                    }
                    database.rollback(before);
                    setAside(database, portion.get(0), e);
                }
            } else {
                write.of(portion);
            }
        }
    }

    private void setAside(Connection database, TableRow row, SQLException why) throws SQLException {
        refused.incrementAndGet();
        ObjectNode key = new ObjectMapper().createObjectNode();
        List<String> names = statements(row.table()).keyNames();
        for (int i = 0; i < names.size(); i++) {
            key.put(names.get(i), shortened(String.valueOf(row.key().get(i))));
        }
        String message = shortened(String.valueOf(why.getMessage()));
        LOG.warn("The KPI database refuses the row {} of {}: {}", key, row.table(), message);
        DeadLetter letter = DeadLetter.refusedByDatabase("crm_kpi." + row.table(), key.toString(), message);
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

    private static boolean isAboutAValue(SQLException e) {
        String state = e.getSQLState();
        return state != null && state.length() == 5 && ABOUT_A_VALUE.contains(state.substring(0, 2));
    }

    /** Short enough for a column of reasons, and without the one character that PostgreSQL has no place for. */
    private static String shortened(String text) {
        String shown = text.length() <= 500 ? text : text.substring(0, text.offsetByCodePoints(0, 450)) + " ...";
        return shown.replace('\0', '\uFFFD');
    }

    private void disconnect() {
        Connection held = connection;
        connection = null;
        if (held != null) {
            try {
                // Also when the server answers nothing any more, and while another thread waits for its answer.
                held.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("A broken connection does not close", e);
            }
        }
    }

    /** Ends the connection for good, from whichever thread; what is being written is undone. */
    @Override
    public void close() {
        closed = true;
        disconnect();
    }
}
