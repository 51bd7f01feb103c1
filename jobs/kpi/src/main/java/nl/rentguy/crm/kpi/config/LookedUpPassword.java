package nl.rentguy.crm.kpi.config;

import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.plugin.AuthenticationPlugin;
import org.postgresql.plugin.AuthenticationRequestType;

/**
 * Gives the driver the password of a {@link Database} when the server asks for it. For libraries that would log a password that
 * is among their settings.
 */
public final class LookedUpPassword implements AuthenticationPlugin {

    private static final String URL = "crmKpiUrl";
    private static final String FILE = "crmKpiPasswordFile";
    private static final String VARIABLE = "crmKpiPasswordVariable";

    private final Database database;

    /** @param connection the connection's properties, among them those of {@link #properties} */
    public LookedUpPassword(Properties connection) {
        database = new Database(
                connection.getProperty(URL, ""),
                connection.getProperty("user", ""),
                connection.getProperty(FILE, ""),
                connection.getProperty(VARIABLE, ""));
    }

    /** What a connection must be given so that it looks the password up. */
    public static Properties properties(Database database) {
        Properties properties = new Properties();
        properties.setProperty("authenticationPluginClassName", LookedUpPassword.class.getName());
        properties.setProperty(URL, database.url());
        properties.setProperty(FILE, database.passwordFile());
        properties.setProperty(VARIABLE, database.passwordVariable());
        return properties;
    }

    @Override
    public char @Nullable [] getPassword(AuthenticationRequestType type) {
        return database.password().toCharArray();
    }
}
