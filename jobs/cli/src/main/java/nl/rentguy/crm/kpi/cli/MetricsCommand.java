package nl.rentguy.crm.kpi.cli;

import java.net.BindException;
import java.time.Duration;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.metrics.MetricsServer;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code crm-kpi metrics}. */
@Command(
        name = "metrics",
        description = {
            "Serves what alerts are made of to Prometheus, at /metrics, until SIGTERM.",
            "Reads the KPI database when it is asked; with crm.jdbc-url also how much log the CRM's server keeps for the job."
        },
        mixinStandardHelpOptions = true)
final class MetricsCommand implements Callable<Integer> {

    /** Two Prometheus servers cost no more than one. */
    private static final Duration CACHE = Duration.ofSeconds(10);

    private static final int LAST_PORT = 65_535;

    @Mixin
    private ConfigArguments arguments = new ConfigArguments();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Configuration config = arguments.load();
        try (MetricsServer server = start(config, CACHE)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server), "stop-metrics"));
            spec.commandLine()
                    .getOut()
                    .println("Metrics: http://%s:%d/metrics"
                            .formatted(config.get(JobOptions.METRICS_HOST), server.port()));
            spec.commandLine().getOut().flush();
            server.join();
            return 0;
        }
    }

    static MetricsServer start(Configuration config, Duration cacheFor) throws Exception {
        String host = config.get(JobOptions.METRICS_HOST);
        int port = JobOptions.within(JobOptions.METRICS_PORT, 0, LAST_PORT, config);
        int most = JobOptions.within(JobOptions.METRICS_MAX_SERIES, 1, Integer.MAX_VALUE, config);
        Database crm = config.contains(JobOptions.CRM_JDBC_URL) ? Database.crm(config) : null;
        try {
            return MetricsServer.start(new MetricsServer.Settings(
                    source(Database.metrics(config)),
                    crm == null ? null : source(crm),
                    JobOptions.slotName(config),
                    host,
                    port,
                    most,
                    cacheFor));
        } catch (Exception e) {
            for (@Nullable Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof BindException) {
                    throw new ConfigException(
                            "%s:%d is taken, or no interface of this machine: end what listens there, or choose another with metrics.port and metrics.host"
                                    .formatted(host, port));
                }
            }
            throw e;
        }
    }

    private static MetricsServer.Source source(Database database) {
        return new MetricsServer.Source(database.url(), database.username(), database.password());
    }

    private static void close(MetricsServer server) {
        try {
            server.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
