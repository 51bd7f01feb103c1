package nl.rentguy.crm.kpi.config;

import java.util.Properties;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.postgresql.Driver;

/** Where a database is, taken from its JDBC address. */
public record DatabaseAddress(String host, int port, String database) {

    /** @throws ConfigException when the option is not set or is no address of a PostgreSQL database */
    public static DatabaseAddress of(ConfigOption<String> option, Configuration config) {
        String url = JobOptions.required(option, config);
        Properties parts = Driver.parseURL(url, null);
        if (parts == null) {
            throw new ConfigException("%s is '%s'; expected jdbc:postgresql://host:port/database"
                    .formatted(option.key(), url.replaceAll("password=[^&]*", "password=...")));
        }
        return new DatabaseAddress(
                parts.getProperty("PGHOST"),
                Integer.parseInt(parts.getProperty("PGPORT")),
                parts.getProperty("PGDBNAME"));
    }
}
