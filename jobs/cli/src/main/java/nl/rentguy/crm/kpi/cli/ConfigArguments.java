package nl.rentguy.crm.kpi.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.config.JobConfig;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command takes the job's configuration from: file, then environment, then settings. */
final class ConfigArguments {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "The job's configuration, a properties file. Environment variables such as CRM_JDBC_URL come on top.")
    private @Nullable Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A setting on top of the file and the environment. May be repeated.")
    private List<String> settings = new ArrayList<>();

    /** @throws nl.rentguy.crm.kpi.config.ConfigException when it is wrong */
    Configuration load() {
        return JobConfig.load(file, System.getenv(), settings);
    }
}
