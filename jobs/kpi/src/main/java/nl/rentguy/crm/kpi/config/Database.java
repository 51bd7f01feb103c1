package nl.rentguy.crm.kpi.config;

import java.io.Serializable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.postgresql.PGProperty;

/**
 * A database as the job reaches it, everywhere the job runs.
 *
 * <p>The password is not part of it, so that it is in no job graph: whoever connects looks it up. This JVM knows the
 * passwords of the configurations that were read in it; any other one reads the password file, or its own environment.
 *
 * @param url JDBC address, without a password
 * @param passwordFile its path; empty for none
 * @param passwordVariable the environment variable that may hold the password
 */
public record Database(String url, String username, String passwordFile, String passwordVariable)
        implements Serializable {

    private static final int LONG_MILLIS = 6 * 60 * 60 * 1_000;

    private static final Pattern ADDRESS = Pattern.compile(
            "jdbc:postgresql://(?<host>[^/:,@?]+|\\[[0-9a-fA-F:]+\\])(:(?<port>[0-9]{1,5}))?/(?<name>[^/:,@?]+)(\\?.*)?");

    private static final Pattern PASSWORD_INSIDE = Pattern.compile("//[^/?]*@|[?&](ssl)?password=");

    private static final Pattern NOT_IN_CRM_NAME = Pattern.compile("[+%?/$\\\\]");

    /**
     * For each session. A lock or a dead network is to be noticed by the server before the socket's time is over: otherwise its end
     * of the connection would stay, and each new attempt would add one.
     */
    private static final String SESSION =
            "SET lock_timeout = '30s'; SET client_connection_check_interval = '10s'; SET default_transaction_read_only = off";

    private static final Map<Database, String> KNOWN_HERE = new ConcurrentHashMap<>();

    /** @throws ConfigException when its address is not set, is none of PostgreSQL, or carries a password */
    public static Database crm(Configuration config) {
        return of(
                JobOptions.CRM_JDBC_URL,
                JobOptions.CRM_USERNAME,
                JobOptions.CRM_PASSWORD,
                JobOptions.CRM_PASSWORD_FILE,
                config);
    }

    /** @throws ConfigException when its address is not set, is none of PostgreSQL, or carries a password */
    public static Database kpi(Configuration config) {
        return of(
                JobOptions.KPI_JDBC_URL,
                JobOptions.KPI_USERNAME,
                JobOptions.KPI_PASSWORD,
                JobOptions.KPI_PASSWORD_FILE,
                config);
    }

    /**
     * The KPI database as the role that reads metrics reaches it.
     *
     * @throws ConfigException when its address is not set, is none of PostgreSQL, or carries a password
     */
    public static Database metrics(Configuration config) {
        return of(
                JobOptions.KPI_JDBC_URL,
                JobOptions.METRICS_USERNAME,
                JobOptions.METRICS_PASSWORD,
                JobOptions.METRICS_PASSWORD_FILE,
                config);
    }

    private static Database of(
            ConfigOption<String> urlOption,
            ConfigOption<String> username,
            ConfigOption<String> password,
            ConfigOption<String> passwordFile,
            Configuration config) {
        String url = JobOptions.required(urlOption, config);
        if (PASSWORD_INSIDE.matcher(url).find()) {
            throw new ConfigException("%s carries a password, which would be shown in logs; expected it in %s or %s"
                    .formatted(urlOption.key(), passwordFile.key(), password.key()));
        }
        Matcher parts = ADDRESS.matcher(url);
        if (!parts.matches()) {
            throw new ConfigException("%s is '%s'; expected jdbc:postgresql://host:port/database, of one server"
                    .formatted(urlOption.key(), url));
        }
        for (String parameter : parameters(url).keySet()) {
            if (PGProperty.forName(parameter) == null) {
                throw new ConfigException(
                        "%s has the parameter '%s', which the PostgreSQL driver does not know; did you mean %s?"
                                .formatted(
                                        urlOption.key(),
                                        parameter,
                                        Nearest.to(
                                                parameter,
                                                Arrays.stream(PGProperty.values())
                                                        .map(PGProperty::getName))));
            }
        }
        checkName(urlOption, parts.group("name"));
        Database database = new Database(
                url, config.get(username), config.get(passwordFile), JobConfig.environmentVariable(password));
        if (config.contains(password)) {
            KNOWN_HERE.put(database, config.get(password));
        }
        return database;
    }

    private static void checkName(ConfigOption<String> urlOption, String encoded) {
        String name;
        try {
            name = decoded(encoded);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("%s names the database '%s'; expected a %% in a name to be written as %%25"
                    .formatted(urlOption.key(), encoded));
        }
        if (urlOption.equals(JobOptions.CRM_JDBC_URL)
                && NOT_IN_CRM_NAME.matcher(name).find()) {
            throw new ConfigException(
                    "%s names the database '%s'; the reader of its log cannot take + %% ? / $ or a backslash in a database's name: rename it, or let the job read a copy"
                            .formatted(urlOption.key(), name));
        }
    }

    /** As the driver reads it. */
    private static String decoded(String part) {
        return URLDecoder.decode(part, StandardCharsets.UTF_8);
    }

    public String host() {
        return part("host");
    }

    /** 5432 unless the address says otherwise. */
    public int port() {
        String port = part("port");
        return port.isEmpty() ? 5432 : Integer.parseInt(port);
    }

    /** The database's name on its server, whatever the address has to write for it. */
    public String name() {
        return decoded(part("name"));
    }

    private String part(String name) {
        Matcher parts = ADDRESS.matcher(url);
        String part = parts.matches() ? parts.group(name) : null;
        return part == null ? "" : part;
    }

    /** What stands after the question mark of the address, such as {@code sslmode}. */
    public Map<String, String> urlParameters() {
        return parameters(url);
    }

    private static Map<String, String> parameters(String url) {
        Map<String, String> parameters = new TreeMap<>();
        int mark = url.indexOf('?');
        if (mark >= 0) {
            for (String parameter : url.substring(mark + 1).split("&", -1)) {
                int equals = parameter.indexOf('=');
                if (equals > 0) {
                    parameters.put(parameter.substring(0, equals), decoded(parameter.substring(equals + 1)));
                }
            }
        }
        return parameters;
    }

    /** The password; empty when there is none to be found here, which servers that trust this machine accept. */
    public String password() {
        String known = KNOWN_HERE.get(this);
        if (known != null) {
            return known;
        }
        if (!passwordFile.isEmpty()) {
            return PasswordFile.read(Path.of(passwordFile));
        }
        String ofEnvironment = System.getenv(passwordVariable);
        return ofEnvironment == null ? "" : ofEnvironment;
    }

    /** Whether it is reached through a pooler that lends sessions for a transaction: so says who sets {@code prepareThreshold=0}. */
    public boolean isPooled() {
        return "0".equals(urlParameters().get(PGProperty.PREPARE_THRESHOLD.getName()));
    }

    private void prepare(Connection connection) throws SQLException {
        if (isPooled()) {
            // What is set there would stay with others' transactions.
            return;
        }
        try (Statement statement = connection.createStatement()) {
            // What the job writes into the CRM waits for no standby: its own reader may be taken for one.
            boolean ofCrm = passwordVariable.equals(JobConfig.environmentVariable(JobOptions.CRM_PASSWORD));
            statement.execute(ofCrm ? SESSION + "; SET synchronous_commit = local" : SESSION);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, username);
        PGProperty.PASSWORD.set(properties, password());
        PGProperty.APPLICATION_NAME.set(properties, "crm-kpi");
        PGProperty.CONNECT_TIMEOUT.set(properties, 10);
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        return properties;
    }

    /** A connection of the kind that reads the log, which takes replication commands. */
    public Connection connectForReplication() throws SQLException {
        Properties properties = properties();
        PGProperty.SOCKET_TIMEOUT.set(properties, 20);
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "9.4");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        return DriverManager.getConnection(url, properties);
    }

    /** A connection as the server, or the pooler before it, gives it: nothing is prepared, and nothing is set. */
    public Connection connectSimply() throws SQLException {
        Properties properties = properties();
        PGProperty.SOCKET_TIMEOUT.set(properties, 5);
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        return DriverManager.getConnection(url, properties);
    }

    /**
     * A new connection for statements that go over all there is, and take as long as that is large. That the server has vanished its
     * machine tells, by keeping the connection alive.
     */
    public Connection connectForLong() throws SQLException {
        Connection connection = connect();
        waitLong(connection);
        return connection;
    }

    /** Lets statements of a connection take that long. */
    public static void waitLong(Connection connection) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, LONG_MILLIS);
    }

    /** A new connection, which names itself {@code crm-kpi} to the server. No statement takes longer than a minute. */
    public Connection connect() throws SQLException {
        Properties properties = properties();
        // A server that vanished without a word is noticed, too.
        PGProperty.SOCKET_TIMEOUT.set(properties, 60);
        try {
            Connection connection = DriverManager.getConnection(url, properties);
            prepare(connection);
            return connection;
        } catch (SQLException e) {
            if (password().isEmpty() && e.getMessage() != null && e.getMessage().contains("password")) {
                throw new SQLException(
                        "There is no password of %s at %s on this machine: set %s in its environment, or a password file that it can read"
                                .formatted(username, url, passwordVariable),
                        e);
            }
            throw e;
        }
    }
}
