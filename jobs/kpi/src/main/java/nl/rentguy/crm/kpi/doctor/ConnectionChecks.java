package nl.rentguy.crm.kpi.doctor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import nl.rentguy.crm.kpi.config.Database;

/** Opens the kinds of connections that the job will open, as a pooler in between may not let them through. */
final class ConnectionChecks {

    private static final int TRIES = 3;

    private final Database database;
    private final Findings findings;

    ConnectionChecks(Database database, Findings findings) {
        this.database = database;
        this.findings = findings;
    }

    /** The one that reads the log. */
    void replication() {
        try (Connection connection = database.connectForReplication();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("IDENTIFY_SYSTEM")) {
            answer.next();
            findings.ok("replication connection", "the server answers, its log is at " + answer.getString("xlogpos"));
        } catch (SQLException e) {
            findings.error(
                    "replication connection",
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    "Point crm.jdbc-url to the server itself: no pooler lets the log through",
                    "And let the role in by pg_hba.conf, for its database, not only for the word replication");
        }
    }

    /**
     * Whether statements that were prepared in one transaction are there in the next. A pooler that lends sessions for a transaction
     * gives two connections each other's sessions: of one of its own each always has the same.
     */
    void pooler() throws SQLException {
        if (database.isPooled()) {
            findings.ok("pooler", "prepareThreshold=0: no statement outlives its transaction");
            return;
        }
        boolean pooled = false;
        try (Connection a = database.connectSimply();
                Connection b = database.connectSimply()) {
            for (int i = 0; i < TRIES && !pooled; i++) {
                long a1 = session(a);
                long b1 = session(b);
                long b2 = session(b);
                long a2 = session(a);
                pooled = a1 == b1 || b1 != b2 || a1 != a2;
            }
        }
        if (pooled) {
            findings.error(
                    "pooler",
                    "a pooler lends the server's sessions for a transaction at a time: statements that the job prepares are not there in the next",
                    "Add ?prepareThreshold=0 to kpi.jdbc-url, or point it to the server itself");
        } else {
            findings.ok("pooler", "each connection keeps its session");
        }
    }

    private static long session(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getLong(1);
        }
    }
}
