package nl.rentguy.crm.kpi.cli;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import nl.rentguy.crm.kpi.audit.Oracle;

/** A real PostgreSQL in a folder of its own, with the CRM's tables and schema {@code crm_kpi} in one database. */
public final class EmbeddedDatabase implements AutoCloseable {

    /** The role that reads the change log, with the rights of {@code sql/crm/cdc.sql} and no more. */
    static final String CDC_ROLE = "crm_kpi_cdc";

    private static final String SUPERUSER = "postgres";

    private final EmbeddedPostgres server;

    private EmbeddedDatabase(EmbeddedPostgres server) {
        this.server = server;
    }

    /**
     * Starts the server on the loopback interface.
     *
     * @param folder for binaries and data, an empty one or that of a server that was closed; it is not deleted with the server
     */
    public static EmbeddedDatabase start(Path folder, int port) throws IOException {
        return new EmbeddedDatabase(EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(folder.toFile())
                .setDataDirectory(folder.resolve("data"))
                .setPgBinaryResolver((system, machine) -> binaries())
                .setPort(port)
                .setCleanDataDirectory(false)
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("wal_level", "logical")
                .setServerConfig("max_replication_slots", "20")
                .setServerConfig("max_wal_senders", "20")
                .setServerConfig("fsync", "off")
                // The oracle asks for it when a version leaves updated_at as it was.
                .setServerConfig("track_commit_timestamp", "on")
                // Off, as the library has it, a commit reaches the log up to 200 ms later.
                .setServerConfig("synchronous_commit", "on")
                .start());
    }

    /** The build brings the binaries of its own platform alone. */
    private static InputStream binaries() throws IOException {
        for (String platform :
                List.of("linux-x86_64", "linux-arm_64", "darwin-x86_64", "darwin-arm_64", "windows-x86_64")) {
            InputStream found = EmbeddedDatabase.class.getResourceAsStream("/postgres-" + platform + ".txz");
            if (found != null) {
                return found;
            }
        }
        throw new IOException("There are no binaries of PostgreSQL in this jar: build it on the platform it runs on");
    }

    /** {@code jdbc:postgresql://127.0.0.1:port/postgres}, without user. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(server.getPort());
    }

    /** For readers: with a user, to be pasted. */
    public String jdbcUrlWithUser() {
        return jdbcUrl() + "?user=" + SUPERUSER;
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl(), SUPERUSER, "");
    }

    /** Runs a file below {@code sql/}. */
    public void run(String file) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(Oracle.sql(file));
        }
    }

    /** Creates or upgrades schema {@code crm_kpi}. */
    public void migrate() {
        MigrateCommand.migrate(jdbcUrl(), SUPERUSER, "");
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
