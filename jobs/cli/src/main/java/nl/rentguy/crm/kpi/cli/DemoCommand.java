package nl.rentguy.crm.kpi.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.config.ConfigException;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code crm-kpi demo}. */
@Command(
        name = "demo",
        description = "Runs the job on an embedded PostgreSQL, over a simulated CRM, and shows the KPI tables live.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "How long the simulated CRM lives, such as 60s or 5min (default: until Ctrl-C).")
    private @Nullable String duration;

    @Option(
            names = "--hold",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "How much longer the databases and the job stay up (default: ${DEFAULT-VALUE}).")
    private String hold = "";

    @Option(
            names = "--pg-port",
            paramLabel = "PORT",
            defaultValue = "54329",
            description = "Port of PostgreSQL, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int pgPort;

    @Option(
            names = "--ui-port",
            paramLabel = "PORT",
            defaultValue = "8081",
            description = "Port of Flink's web interface, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int uiPort;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "7",
            description = "Seed of the simulated CRM's choices (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20",
            description = "Things that happen in the CRM per second (default: ${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--tenants",
            paramLabel = "N",
            defaultValue = "4",
            description = "Companies in the CRM (default: ${DEFAULT-VALUE}).")
    private int tenants;

    @Option(
            names = "--verify",
            description = "At the end compare every table with the oracle; exit 1 on any difference. Needs --duration.")
    private boolean verify;

    @Override
    public Integer call() throws Exception {
        if (verify && duration == null) {
            throw new ConfigException("--verify compares at the end: say when that is, such as --duration 60s");
        }
        if (pgPort == uiPort && pgPort != 0) {
            throw new ConfigException("--pg-port and --ui-port are both %d; expected two ports".formatted(pgPort));
        }
        Duration lives = duration == null ? Duration.ofDays(3650) : time("--duration", duration);
        return new Demo(
                        new Demo.Settings(
                                lives,
                                time("--hold", hold),
                                Ports.free("--pg-port", pgPort),
                                Ports.free("--ui-port", uiPort),
                                seed,
                                atLeastOne("--rate", rate),
                                atLeastOne("--tenants", tenants),
                                verify),
                        System.out)
                .run();
    }

    private static int atLeastOne(String option, int value) {
        if (value < 1) {
            throw new ConfigException("%s is %d; expected a whole number from 1 on".formatted(option, value));
        }
        return value;
    }

    private static Duration time(String option, String text) {
        try {
            // A bare number would be milliseconds, which nobody means here.
            if (!text.isEmpty() && Character.isLetter(text.charAt(text.length() - 1))) {
                return TimeUtils.parseDuration(text);
            }
        } catch (IllegalArgumentException e) {
            throw noTime(option, text);
        }
        throw noTime(option, text);
    }

    private static ConfigException noTime(String option, String text) {
        return new ConfigException(
                "%s is '%s'; expected a time with its unit, such as 60s or 5min".formatted(option, text));
    }
}
