package nl.rentguy.crm.kpi.doctor;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.Definitions;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.doctor.Finding.Severity;
import org.apache.flink.configuration.Configuration;

/** Checks of both databases. Reads only; a check that cannot be made is itself a finding. */
public final class Doctor {

    private static final int OLDEST_SERVER = 150_000;
    private static final Duration SKEW_TO_MENTION = Duration.ofMillis(500);
    private static final Duration MOST_SKEW = Duration.ofSeconds(30);

    /** What a job is about to do, which decides what its replication slot should be like. */
    public enum Start {
        /** Read a snapshot, for the first time: there should be no slot yet. */
        ANEW,
        /** Read a snapshot once more, as a job that was killed in its own: a slot may be there. */
        AGAIN,
        /** Discard the slot and read a snapshot. */
        REBUILD,
        /** Go on from saved state, which needs the slot. */
        CONTINUE,
        /** Nothing: it is running now. */
        RUNNING
    }

    /** The log and what is asked beside it: the snapshot's tasks, the heartbeat, and what is looked up once. */
    private static final int CRM_CONNECTIONS = 7;

    /** Beside those of the writers: status, dead letters of each task, and what is looked up once. */
    private static final int KPI_CONNECTIONS = 7;

    private Doctor() {}

    /**
     * All findings, those of the CRM database first.
     *
     * @param start what the job is about to do
     * @throws nl.rentguy.crm.kpi.config.ConfigException when the configuration is wrong in itself
     */
    public static List<Finding> examine(Configuration config, Start start) {
        Database crm = Database.crm(config);
        Database kpi = Database.kpi(config);
        CaptureSpec captured = CaptureSpec.of(config);
        KpiSettings settings = Definitions.kpiSettings(config);
        JobOptions.emitInterval(config);
        JobOptions.refreshInterval(config);
        JobOptions.parallelism(config);
        String slot = JobOptions.slotName(config);
        List<Finding> all = new ArrayList<>();
        all.addAll(examine("CRM", crm, JobOptions.CRM_JDBC_URL.key(), (query, findings) -> {
            connections(query, findings, start, CRM_CONNECTIONS, "");
            new CrmChecks(query, findings, config.get(JobOptions.CDC_PUBLICATION_NAME), captured, settings.words())
                    .run();
            new ConnectionChecks(crm, findings).replication();
            new SlotChecks(query, findings, slot, start).run();
        }));
        all.addAll(examine("KPI", kpi, JobOptions.KPI_JDBC_URL.key(), (query, findings) -> {
            connections(query, findings, start, KPI_CONNECTIONS + JobOptions.writers(config), ", or lower kpi.writers");
            new KpiChecks(query, findings, config.get(JobOptions.KPI_PIPELINE_NAME), new Kpis(settings).names()).run();
            new ConnectionChecks(kpi, findings).pooler();
        }));
        return all;
    }

    /** Whether the job must not start. */
    public static boolean hasErrors(List<Finding> findings) {
        return findings.stream().anyMatch(finding -> finding.severity() == Severity.ERROR);
    }

    @FunctionalInterface
    private interface Checks {
        void run(Query query, Findings findings) throws SQLException;
    }

    private static List<Finding> examine(String name, Database database, String urlKey, Checks checks) {
        Findings findings = new Findings(name);
        try (Connection connection = database.connect()) {
            findings.ok("connection", "%s as %s".formatted(database.url(), database.username()));
            Query query = new Query(connection);
            server(query, findings, database);
            checks.run(query, findings);
        } catch (SQLException e) {
            findings.error(
                    findings.list().isEmpty() ? "connection" : "checks",
                    "%s as %s: %s".formatted(database.url(), database.username(), firstLine(e)),
                    remedy(e, urlKey));
        }
        return findings.list();
    }

    private static void server(Query query, Findings findings, Database database) throws SQLException {
        long version = query.number("SELECT current_setting('server_version_num')");
        findings.require(
                version >= OLDEST_SERVER,
                "server version",
                "PostgreSQL " + query.text("SELECT current_setting('server_version')"),
                "Upgrade to PostgreSQL 15 or newer: column lists and MERGE need it");
        boolean encrypted = query.is("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        if (encrypted || isThisMachine(database.host())) {
            findings.ok("TLS", encrypted ? "encrypted" : "not encrypted, on this machine");
        } else {
            findings.warning(
                    "TLS",
                    "the connection to %s is not encrypted".formatted(database.host()),
                    "Add ?sslmode=verify-full&sslrootcert=FILE to the address, and switch TLS on in the server");
        }
        clock(query, findings);
    }

    /** Those of the server and those of the role, whichever are fewer. A job that runs has its own. */
    private static void connections(Query query, Findings findings, Start start, int needed, String otherwise)
            throws SQLException {
        if (start == Start.RUNNING) {
            return;
        }
        long free = query.number("""
                SELECT least(
                  current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
                    - coalesce(current_setting('reserved_connections', true)::bigint, 0)
                    - (SELECT sum(numbackends) FROM pg_stat_database),
                  (SELECT CASE WHEN rolconnlimit < 0 OR rolsuper THEN 2147483647
                     ELSE rolconnlimit - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user) END
                   FROM pg_roles WHERE rolname = current_user))""");
        findings.require(
                free >= needed,
                "connections",
                "%d are free, the job opens %d at most".formatted(Math.max(0, free), needed),
                "Raise max_connections, or the role's CONNECTION LIMIT, or end sessions that are idle" + otherwise);
    }

    private static void clock(Query query, Findings findings) throws SQLException {
        query.text("SELECT 1");
        Instant asked = Instant.now();
        long theirs = query.number("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
        Instant answered = Instant.now();
        Instant middle = asked.plus(Duration.between(asked, answered).dividedBy(2));
        Duration skew = Duration.between(middle, Instant.ofEpochMilli(theirs));
        String message = "the server's clock is %d ms %s this machine's"
                .formatted(Math.abs(skew.toMillis()), skew.isNegative() ? "behind" : "ahead of");
        String remedy = "Let both machines follow a time server (chrony, systemd-timesyncd)";
        if (skew.abs().compareTo(MOST_SKEW) > 0) {
            findings.error("clock", message, remedy);
        } else if (skew.abs().compareTo(SKEW_TO_MENTION) > 0) {
            findings.warning("clock", message, remedy);
        } else {
            findings.ok("clock", message);
        }
    }

    private static boolean isThisMachine(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static String remedy(SQLException e, String urlKey) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        return switch (state) {
            case "28P01", "28000" -> "Correct the username or the password";
            case "3D000" -> "Correct the database's name in " + urlKey;
            case "08001", "08006" -> "Start the server, or correct host and port in " + urlKey;
            default -> "See the message";
        };
    }
}
