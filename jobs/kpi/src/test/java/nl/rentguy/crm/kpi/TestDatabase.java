package nl.rentguy.crm.kpi;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobConfig;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.store.KpiWriter;
import nl.rentguy.crm.kpi.store.KpiWriters;
import org.flywaydb.core.Flyway;

/** A database of its own on one embedded PostgreSQL per test JVM, with the CRM's tables, the oracle and the KPI tables. */
public final class TestDatabase {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final String url;

    private TestDatabase(String url) {
        this.url = url;
    }

    private static final class Server {
        static final EmbeddedPostgres INSTANCE = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("wal_level", "logical")
                        .setServerConfig("fsync", "off")
                        .setServerConfig("jit", "off")
                        // The oracle asks for it when a version leaves updated_at as it was.
                        .setServerConfig("track_commit_timestamp", "on")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public static TestDatabase create() throws SQLException {
        return create("");
    }

    /** With the CRM's tables wider than RentGuy's: what other CRMs may have, and what somebody may write by hand. */
    public static TestDatabase createOfAnyCrm() throws SQLException {
        return create(Oracle.sql("any-crm.sql"));
    }

    private static TestDatabase create(String changes) throws SQLException {
        TestDatabase database = empty();
        database.run("crm/schema.sql");
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(changes);
        }
        try (Connection connection = database.connect()) {
            Oracle.install(connection);
        }
        database.migrateTo("latest");
        return database;
    }

    /** Without any table. */
    public static TestDatabase empty() throws SQLException {
        String name = "test_" + DATABASES.incrementAndGet();
        try (Connection connection = Server.INSTANCE.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return new TestDatabase("jdbc:postgresql://localhost:%d/%s".formatted(Server.INSTANCE.getPort(), name));
    }

    /** Brings schema {@code crm_kpi} to that version. */
    public void migrateTo(String version) {
        migrate("postgres", version);
    }

    /** Brings schema {@code crm_kpi} to the latest version, as that role. */
    public void migrateAs(String role) {
        migrate(role, "latest");
    }

    private void migrate(String role, String version) {
        Flyway.configure()
                .dataSource(url, role, "")
                .target(version)
                .schemas("crm_kpi")
                .locations("classpath:sql/kpi", "classpath:sql/kpi-example")
                .load()
                .migrate();
    }

    public String url() {
        return url;
    }

    /** The database with schema {@code crm_kpi} at that address. */
    public static Database kpi(String url) {
        return Database.kpi(JobConfig.load(null, Map.of(), List.of("kpi.jdbc-url=" + url, "kpi.username=postgres")));
    }

    /** A writer of one share of all tenants there. */
    public static KpiWriter writer(String url, int writer, int writers) {
        return new KpiWriters(kpi(url), KpiSettings.DEFAULTS, "test").of(writer, writers);
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url, "postgres", "");
    }

    /** Runs a file below {@code sql/}. */
    public void run(String file) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(Oracle.sql(file));
        }
    }
}
