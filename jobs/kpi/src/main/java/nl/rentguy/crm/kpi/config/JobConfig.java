package nl.rentguy.crm.kpi.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the job's configuration: a properties file, then environment variables, then {@code key=value} settings, each on top
 * of the one before. A password may come from a file of its own.
 */
public final class JobConfig {

    private JobConfig() {}

    /**
     * The configuration.
     *
     * @param file a properties file; null for none
     * @param environment variables such as {@code CRM_JDBC_URL} for {@code crm.jdbc-url}; others are none of its business
     * @param settings each {@code key=value}
     * @throws ConfigException when a file cannot be read, a key is unknown or a value is not of its key's type
     */
    public static Configuration load(@Nullable Path file, Map<String, String> environment, List<String> settings) {
        Properties properties = new Properties();
        if (file != null) {
            read(file, properties);
        }
        for (ConfigOption<?> option : JobOptions.all()) {
            String value = environment.get(environmentVariable(option));
            if (value != null) {
                properties.setProperty(option.key(), value);
            }
        }
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("'%s' is no setting; expected key=value".formatted(setting));
            }
            String key = setting.substring(0, equals);
            if (isPassword(key)) {
                throw new ConfigException(
                        "%s in a command line can be read by everyone on this machine; expected it in the configuration file, in %s-file or in the environment"
                                .formatted(key, key));
            }
            properties.setProperty(key, setting.substring(equals + 1));
        }
        Configuration config = new Configuration();
        for (String key : properties.stringPropertyNames()) {
            ConfigOption<?> option = option(key);
            config.setString(
                    key,
                    isPassword(key)
                            ? properties.getProperty(key)
                            : properties.getProperty(key).strip());
            checkType(option, config);
        }
        refuseBoth(JobOptions.CRM_PASSWORD, JobOptions.CRM_PASSWORD_FILE, config);
        refuseBoth(JobOptions.KPI_PASSWORD, JobOptions.KPI_PASSWORD_FILE, config);
        refuseBoth(JobOptions.METRICS_PASSWORD, JobOptions.METRICS_PASSWORD_FILE, config);
        return config;
    }

    private static boolean isPassword(String key) {
        return key.equals(JobOptions.CRM_PASSWORD.key())
                || key.equals(JobOptions.KPI_PASSWORD.key())
                || key.equals(JobOptions.METRICS_PASSWORD.key());
    }

    /** The environment variable that sets the option: {@code CRM_JDBC_URL} for {@code crm.jdbc-url}. */
    public static String environmentVariable(ConfigOption<?> option) {
        return option.key().toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static void read(Path file, Properties properties) {
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new ConfigException("There is no file '%s' to read the configuration from".formatted(file));
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException("Cannot read '%s' as a properties file: %s".formatted(file, e.getMessage()));
        }
    }

    /** The file itself is read by who connects with it: metrics need not be able to read the writer's. */
    private static void refuseBoth(
            ConfigOption<String> password, ConfigOption<String> passwordFile, Configuration config) {
        if (!config.get(passwordFile).isEmpty() && config.contains(password)) {
            throw new ConfigException(
                    "%s and %s are both set; expected one of them".formatted(password.key(), passwordFile.key()));
        }
    }

    private static ConfigOption<?> option(String key) {
        Optional<? extends ConfigOption<?>> known = JobOptions.named(key);
        if (known.isEmpty()) {
            throw new ConfigException("There is no option '%s'; did you mean %s?"
                    .formatted(key, Nearest.to(key, JobOptions.all().stream().map(ConfigOption::key))));
        }
        return known.get();
    }

    private static void checkType(ConfigOption<?> option, Configuration config) {
        try {
            config.get(option);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("%s is '%s', which cannot be read. %s Default: %s"
                    .formatted(
                            option.key(),
                            config.getString(option.key(), ""),
                            JobOptions.description(option),
                            JobOptions.shown(option.defaultValue())));
        }
    }
}
