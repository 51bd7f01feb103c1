package nl.rentguy.crm.kpi.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/** Reads the job's configuration: a properties file, then {@code key=value} settings on top. */
public final class JobConfig {

    private JobConfig() {}

    /**
     * The configuration.
     *
     * @param file a properties file; null for none
     * @param settings each {@code key=value}
     * @throws ConfigException when the file cannot be read, a key is unknown or a value is not of its key's type
     */
    public static Configuration load(@Nullable Path file, List<String> settings) {
        Properties properties = new Properties();
        if (file != null) {
            read(file, properties);
        }
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("'%s' is no setting; expected key=value".formatted(setting));
            }
            properties.setProperty(setting.substring(0, equals), setting.substring(equals + 1));
        }
        Configuration config = new Configuration();
        for (String key : properties.stringPropertyNames()) {
            ConfigOption<?> option = option(key);
            config.setString(key, properties.getProperty(key));
            checkType(option, config, properties.getProperty(key));
        }
        return config;
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

    private static ConfigOption<?> option(String key) {
        return JobOptions.all().stream()
                .filter(option -> option.key().equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new ConfigException("There is no option '%s'; did you mean %s?".formatted(key, nearest(key))));
    }

    private static String nearest(String key) {
        return JobOptions.all().stream()
                .map(ConfigOption::key)
                .min(Comparator.comparing(
                        known -> LevenshteinDistance.getDefaultInstance().apply(known, key)))
                .orElseThrow();
    }

    private static void checkType(ConfigOption<?> option, Configuration config, String value) {
        try {
            config.get(option);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("%s is '%s', which cannot be read. %s Default: %s"
                    .formatted(option.key(), value, JobOptions.description(option), option.defaultValue()));
        }
    }
}
