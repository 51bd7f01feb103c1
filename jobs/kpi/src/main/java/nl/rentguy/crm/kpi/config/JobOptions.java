package nl.rentguy.crm.kpi.config;

import static java.util.stream.Collectors.joining;
import static org.apache.flink.configuration.ConfigOptions.key;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.definition.KpiGroup;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/** The options of the job. Durations carry their unit, such as {@code 20 ms} or {@code 1 min}. */
public final class JobOptions {

    public static final ConfigOption<String> CRM_JDBC_URL = key("crm.jdbc-url")
            .stringType()
            .noDefaultValue()
            .withDescription("The CRM database: jdbc:postgresql://host:port/database.");

    public static final ConfigOption<String> CRM_USERNAME = key("crm.username")
            .stringType()
            .defaultValue("crm_kpi_cdc")
            .withDescription("The role that reads the change log and writes the heartbeat.");

    public static final ConfigOption<String> CRM_PASSWORD =
            key("crm.password").stringType().defaultValue("").withDescription("Its password.");

    public static final ConfigOption<String> CRM_PASSWORD_FILE = key("crm.password-file")
            .stringType()
            .defaultValue("")
            .withDescription("A file that holds crm.password and nothing else, instead of it.");

    public static final ConfigOption<Boolean> CRM_DEAL_TITLES = key("crm.deal-titles")
            .booleanType()
            .defaultValue(true)
            .withDescription(
                    "Whether the titles of deals are read, for the watchlist. With false, leave title out of the publication and the grants.");

    public static final ConfigOption<String> CRM_TASK_DUE_COLUMN = key("crm.task-due-column")
            .stringType()
            .defaultValue("")
            .withDescription(
                    "The timestamptz column of crm_activities that tells when a task is due, such as due_at; empty where there is none. To be added to the publication and the grants.");

    public static final ConfigOption<String> CRM_TASK_STATUS_COLUMN = key("crm.task-status-column")
            .stringType()
            .defaultValue("")
            .withDescription("The column of crm_activities that tells a task's status, likewise, such as status.");

    public static final ConfigOption<String> CRM_WON_WORDS = words(
            "crm.deal-words.won",
            StatusWords.DEFAULTS.won(),
            "Status words of deals that are won, separated by commas. Case does not matter. Words in no list count as open, and are named in crm_kpi_status and by doctor.");

    public static final ConfigOption<String> CRM_LOST_WORDS =
            words("crm.deal-words.lost", StatusWords.DEFAULTS.lost(), "Likewise, of deals that are lost.");

    public static final ConfigOption<String> CRM_OPEN_WORDS =
            words("crm.deal-words.open", StatusWords.DEFAULTS.open(), "Likewise, of open deals.");

    public static final ConfigOption<String> CRM_COMPLETED_WORDS = words(
            "crm.run-words.completed",
            StatusWords.DEFAULTS.completed(),
            "Status words of automation runs that ended well, likewise. Words in no list count as not ended.");

    public static final ConfigOption<String> CRM_FAILED_WORDS =
            words("crm.run-words.failed", StatusWords.DEFAULTS.failed(), "Likewise, of runs that failed.");

    public static final ConfigOption<String> CRM_CANCELLED_WORDS = words(
            "crm.run-words.cancelled", StatusWords.DEFAULTS.cancelled(), "Likewise, of runs that were cancelled.");

    public static final ConfigOption<String> CRM_UNFINISHED_WORDS = words(
            "crm.run-words.unfinished", StatusWords.DEFAULTS.unfinished(), "Likewise, of runs that have not ended.");

    public static final ConfigOption<String> CRM_TASK_DONE_WORDS = words(
            "crm.task-words.done",
            StatusWords.DEFAULTS.done(),
            "Status words of tasks that need nobody any more, likewise.");

    public static final ConfigOption<String> KPI_JDBC_URL = key("kpi.jdbc-url")
            .stringType()
            .noDefaultValue()
            .withDescription("The database with schema crm_kpi: jdbc:postgresql://host:port/database.");

    public static final ConfigOption<String> KPI_USERNAME = key("kpi.username")
            .stringType()
            .defaultValue("crm_kpi_writer")
            .withDescription("The role that writes the KPI tables.");

    public static final ConfigOption<String> KPI_PASSWORD =
            key("kpi.password").stringType().defaultValue("").withDescription("Its password.");

    public static final ConfigOption<String> KPI_PASSWORD_FILE = key("kpi.password-file")
            .stringType()
            .defaultValue("")
            .withDescription("A file that holds kpi.password and nothing else, instead of it.");

    public static final ConfigOption<String> KPI_PIPELINE_NAME = key("kpi.pipeline-name")
            .stringType()
            .defaultValue("crm-kpi")
            .withDescription("The job's name in Flink and its key in crm_kpi_status.");

    public static final ConfigOption<String> KPI_GROUPS = key("kpi.groups")
            .stringType()
            .defaultValue(Arrays.stream(KpiGroup.values()).map(KpiGroup::word).collect(joining(",")))
            .withDescription(
                    "Which KPI tables the job keeps, separated by commas. A table of no group that is named is emptied, history aside, unless another job keeps it.");

    public static final ConfigOption<Integer> KPI_WINDOW_DAYS = key("kpi.window-days")
            .intType()
            .defaultValue(30)
            .withDescription("Length of the rolling window, the 30d of column names, in days of 24 hours.");

    public static final ConfigOption<Integer> KPI_STALE_DAYS = key("kpi.stale-days")
            .intType()
            .defaultValue(14)
            .withDescription("An open deal is stale when it has been in its stage for more days of 24 hours.");

    public static final ConfigOption<Integer> KPI_IDLE_DAYS = key("kpi.idle-days")
            .intType()
            .defaultValue(7)
            .withDescription("An open deal is idle when for so many days of 24 hours there was no activity.");

    public static final ConfigOption<Integer> KPI_SLA_MINUTES = key("kpi.sla-minutes")
            .intType()
            .defaultValue(10)
            .withDescription("An automation run breaches its SLA when it takes more minutes.");

    /** The key's last part stands for the id of a workflow. */
    public static final ConfigOption<Integer> KPI_SLA_MINUTES_OF_WORKFLOW = key("kpi.sla-minutes.<workflow>")
            .intType()
            .noDefaultValue()
            .withDescription(
                    "The same for one workflow, by its id in the CRM, such as kpi.sla-minutes.lead_intake = 15. Any number of them; not from the environment.");

    public static final ConfigOption<Integer> KPI_OVERDUE_WATCH_DAYS = key("kpi.overdue-watch-days")
            .intType()
            .defaultValue(30)
            .withDescription(
                    "So many days of 24 hours after its deadline an overdue run leaves the watchlist; it stays counted.");

    public static final ConfigOption<Integer> KPI_DEAD_LETTER_DAYS = key("kpi.dead-letter-days")
            .intType()
            .defaultValue(90)
            .withDescription(
                    "So many days after it was first refused what could not be taken in leaves crm_kpi_dead_letters; of jobs on one KPI database the fewest count.");

    public static final ConfigOption<Integer> KPI_FREEZE_DAYS = key("kpi.freeze-days")
            .intType()
            .defaultValue(400)
            .withDescription(
                    "After so many calendar days a day's automation runs are history, and so is a visit to a stage that a deal has left: whatever is then deleted in the CRM, figures and visits stay.");

    public static final ConfigOption<String> KPI_TIME_ZONE = key("kpi.time-zone")
            .stringType()
            .defaultValue("Europe/Amsterdam")
            .withDescription("Whose calendar days run_date and other days are.");

    public static final ConfigOption<String> KPI_DEFAULT_CURRENCY = key("kpi.default-currency")
            .stringType()
            .defaultValue("EUR")
            .withDescription("Currency of rows that exist without any amount.");

    public static final ConfigOption<Duration> KPI_EMIT_INTERVAL = key("kpi.emit-interval")
            .durationType()
            .defaultValue(Duration.ofMillis(20))
            .withDescription("A row is published at most once in this time; as_of is a multiple of it.");

    public static final ConfigOption<Duration> KPI_REFRESH_INTERVAL = key("kpi.refresh-interval")
            .durationType()
            .defaultValue(Duration.ofMinutes(15))
            .withDescription(
                    "Rows with ages, which grow with time alone, are published again this often: in 15 minutes an age grows by 0.01 days. The dashboard's document and crm_stage_ages tell ages as of KPI time, whatever the rows say.");

    public static final ConfigOption<Integer> KPI_WRITERS = key("kpi.writers")
            .intType()
            .defaultValue(1)
            .withDescription(
                    "So many connections write KPI rows, each those of a share of all tenants; never more than the job's parallelism.");

    public static final ConfigOption<Duration> CDC_HEARTBEAT_INTERVAL = key("cdc.heartbeat-interval")
            .durationType()
            .defaultValue(Duration.ofSeconds(1))
            .withDescription(
                    "How often the job writes its heartbeat into the CRM database; KPI time moves at least as often.");

    public static final ConfigOption<String> CDC_SLOT_NAME = key("cdc.slot-name")
            .stringType()
            .defaultValue("crm_kpi")
            .withDescription("The replication slot in the CRM database; one per job.");

    public static final ConfigOption<String> CDC_PUBLICATION_NAME = key("cdc.publication-name")
            .stringType()
            .defaultValue("crm_kpi")
            .withDescription("The publication that sql/crm/cdc.sql creates in the CRM database.");

    public static final ConfigOption<Integer> CDC_SPLIT_SIZE = key("cdc.split-size")
            .intType()
            .defaultValue(50_000)
            .withDescription("Rows per chunk of the snapshot, which is read by one query.");

    public static final ConfigOption<Integer> CDC_FETCH_SIZE = key("cdc.fetch-size")
            .intType()
            .defaultValue(10_000)
            .withDescription("Rows per round trip of the snapshot.");

    public static final ConfigOption<Duration> CDC_POLL_INTERVAL = key("cdc.poll-interval")
            .durationType()
            .defaultValue(Duration.ofMillis(10))
            .withDescription("How long the reader waits for changes before it looks again.");

    public static final ConfigOption<String> STATE_DIR = key("state.dir")
            .stringType()
            .noDefaultValue()
            .withDescription(
                    "crm-kpi run: the folder for checkpoints and savepoints, on a disk that survives a restart.");

    public static final ConfigOption<Duration> STATE_CHECKPOINT_INTERVAL = key("state.checkpoint-interval")
            .durationType()
            .defaultValue(Duration.ofSeconds(5))
            .withDescription(
                    "How often state is saved, and so how much is replayed after a failure. crm-kpi run saves much state less often: one part in a hundred of the time goes into it at most. On a cluster execution.checkpointing.interval goes before it.");

    public static final ConfigOption<StateBackend> STATE_BACKEND = key("state.backend")
            .enumType(StateBackend.class)
            .defaultValue(StateBackend.HEAP)
            .withDescription(
                    "crm-kpi run: where state is while the job runs. heap is the faster one; rocksdb holds more than the memory does, on the disk of state.dir, and saves only what changed. To be changed after a run that was stopped, not killed. On a cluster Flink's own state.backend.type counts.");

    public static final ConfigOption<Integer> STATE_PARALLELISM = key("state.parallelism")
            .intType()
            .defaultValue(1)
            .withDescription(
                    "crm-kpi run: so many tasks share each part of the work, 1 to 128, more than the machine has cores being of no use; state is shared out anew when it changes. One follows thousands of changes a second and costs the least at rest. On a cluster Flink's own parallelism.default counts.");

    public static final ConfigOption<String> METRICS_HOST = key("metrics.host")
            .stringType()
            .defaultValue("127.0.0.1")
            .withDescription(
                    "crm-kpi metrics: the interface it listens on. What it serves names tenants and workflows: open it to Prometheus alone.");

    public static final ConfigOption<Integer> METRICS_PORT = key("metrics.port")
            .intType()
            .defaultValue(9464)
            .withDescription("crm-kpi metrics: its port; 0 for any that is free.");

    public static final ConfigOption<String> METRICS_USERNAME = key("metrics.username")
            .stringType()
            .defaultValue("crm_kpi_exporter")
            .withDescription("crm-kpi metrics: the role that reads the view crm_kpi_metrics in the KPI database.");

    public static final ConfigOption<String> METRICS_PASSWORD =
            key("metrics.password").stringType().defaultValue("").withDescription("Its password.");

    public static final ConfigOption<String> METRICS_PASSWORD_FILE = key("metrics.password-file")
            .stringType()
            .defaultValue("")
            .withDescription("A file that holds metrics.password and nothing else, instead of it.");

    public static final ConfigOption<Integer> METRICS_MAX_SERIES = key("metrics.max-series")
            .intType()
            .defaultValue(100_000)
            .withDescription(
                    "crm-kpi metrics: with more series than that, those of workflows that did not run today or yesterday are left out, and crm_kpi_series_left_out says how many.");

    private static final List<ConfigOption<?>> ALL = List.of(
            CRM_JDBC_URL,
            CRM_USERNAME,
            CRM_PASSWORD,
            CRM_PASSWORD_FILE,
            CRM_DEAL_TITLES,
            CRM_TASK_DUE_COLUMN,
            CRM_TASK_STATUS_COLUMN,
            CRM_WON_WORDS,
            CRM_LOST_WORDS,
            CRM_OPEN_WORDS,
            CRM_COMPLETED_WORDS,
            CRM_FAILED_WORDS,
            CRM_CANCELLED_WORDS,
            CRM_UNFINISHED_WORDS,
            CRM_TASK_DONE_WORDS,
            KPI_JDBC_URL,
            KPI_USERNAME,
            KPI_PASSWORD,
            KPI_PASSWORD_FILE,
            KPI_PIPELINE_NAME,
            KPI_GROUPS,
            KPI_WINDOW_DAYS,
            KPI_STALE_DAYS,
            KPI_IDLE_DAYS,
            KPI_SLA_MINUTES,
            KPI_SLA_MINUTES_OF_WORKFLOW,
            KPI_OVERDUE_WATCH_DAYS,
            KPI_DEAD_LETTER_DAYS,
            KPI_FREEZE_DAYS,
            KPI_TIME_ZONE,
            KPI_DEFAULT_CURRENCY,
            KPI_EMIT_INTERVAL,
            KPI_REFRESH_INTERVAL,
            KPI_WRITERS,
            CDC_HEARTBEAT_INTERVAL,
            CDC_SLOT_NAME,
            CDC_PUBLICATION_NAME,
            CDC_SPLIT_SIZE,
            CDC_FETCH_SIZE,
            CDC_POLL_INTERVAL,
            STATE_DIR,
            STATE_CHECKPOINT_INTERVAL,
            STATE_BACKEND,
            STATE_PARALLELISM,
            METRICS_HOST,
            METRICS_PORT,
            METRICS_USERNAME,
            METRICS_PASSWORD,
            METRICS_PASSWORD_FILE,
            METRICS_MAX_SERIES);

    /** What the keys of workflows begin with that have an SLA of their own. */
    static final String SLA_OF = "kpi.sla-minutes.";

    /** Where state is while the job runs. */
    public enum StateBackend {
        HEAP,
        ROCKSDB;

        /** As it is written in the configuration. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int MOST_TASKS = 128;

    private JobOptions() {}

    /** How many tasks share each part of the work of {@code crm-kpi run}. */
    public static int parallelism(Configuration config) {
        return within(STATE_PARALLELISM, 1, MOST_TASKS, config);
    }

    /**
     * The option's value.
     *
     * @throws ConfigException when it is below the least or above the most
     */
    public static int within(ConfigOption<Integer> option, int least, int most, Configuration config) {
        int value = config.get(option);
        if (value < least || value > most) {
            throw new ConfigException(
                    "%s is '%d'; expected a whole number from %d to %d".formatted(option.key(), value, least, most));
        }
        return value;
    }

    /** The option with that key; empty when there is none. */
    static Optional<? extends ConfigOption<?>> named(String key) {
        return slaOf(key).isPresent()
                ? slaOf(key)
                : ALL.stream().filter(option -> option.key().equals(key)).findFirst();
    }

    /** Every option, in the order of the documentation. */
    public static List<ConfigOption<?>> all() {
        return ALL;
    }

    /**
     * The replication slot's name, of the letters that PostgreSQL allows.
     *
     * @throws ConfigException when it is none
     */
    public static String slotName(Configuration config) {
        String name = config.get(CDC_SLOT_NAME);
        if (!name.matches("[a-z0-9_]{1,63}")) {
            throw new ConfigException(
                    "%s is '%s'; expected at most 63 lower-case letters, digits and underscores, such as crm_kpi"
                            .formatted(CDC_SLOT_NAME.key(), name));
        }
        return name;
    }

    /** @throws ConfigException when the option is not set */
    public static <T> T required(ConfigOption<T> option, Configuration config) {
        return config.getOptional(option)
                .orElseThrow(
                        () -> new ConfigException("%s is not set. %s".formatted(option.key(), description(option))));
    }

    /**
     * At least a millisecond.
     *
     * @throws ConfigException when it is shorter
     */
    public static Duration atLeastAMillisecond(ConfigOption<Duration> option, Configuration config) {
        Duration value = config.get(option);
        if (value.toMillis() < 1) {
            throw new ConfigException("%s is '%s'; expected at least 1 ms".formatted(option.key(), shown(value)));
        }
        return value;
    }

    /**
     * How often a key is published: a whole part of a second, so that whole seconds are ticks too.
     *
     * @throws ConfigException when it is not
     */
    public static Duration emitInterval(Configuration config) {
        Duration value = atLeastAMillisecond(KPI_EMIT_INTERVAL, config);
        if (value.toMillis() > 1000 || 1000 % value.toMillis() != 0) {
            throw new ConfigException("%s is '%s'; expected a whole part of a second, such as 10 ms, 20 ms or 1 s"
                    .formatted(KPI_EMIT_INTERVAL.key(), shown(value)));
        }
        return value;
    }

    /**
     * How many connections write KPI rows: at least one.
     *
     * @throws ConfigException when it is not
     */
    public static int writers(Configuration config) {
        return atLeastOne(KPI_WRITERS, config);
    }

    /**
     * So many days dead letters are kept.
     *
     * @throws ConfigException when there are none
     */
    public static int deadLetterDays(Configuration config) {
        return atLeastOne(KPI_DEAD_LETTER_DAYS, config);
    }

    private static int atLeastOne(ConfigOption<Integer> option, Configuration config) {
        int value = config.get(option);
        if (value < 1) {
            throw new ConfigException("%s is '%d'; expected a number from 1 on".formatted(option.key(), value));
        }
        return value;
    }

    /**
     * How often rows with ages are published again: whole seconds.
     *
     * @throws ConfigException when it is not
     */
    public static Duration refreshInterval(Configuration config) {
        Duration value = atLeastAMillisecond(KPI_REFRESH_INTERVAL, config);
        if (value.toMillis() % 1000 != 0) {
            throw new ConfigException("%s is '%s'; expected whole seconds, such as 1 min"
                    .formatted(KPI_REFRESH_INTERVAL.key(), shown(value)));
        }
        return value;
    }

    private static ConfigOption<String> words(String key, List<String> defaults, String description) {
        return key(key).stringType().defaultValue(String.join(", ", defaults)).withDescription(description);
    }

    static Optional<ConfigOption<Integer>> slaOf(String key) {
        return key.startsWith(SLA_OF) && key.length() > SLA_OF.length()
                ? Optional.of(key(key).intType()
                        .noDefaultValue()
                        .withDescription(
                                "An automation run of this workflow breaches its SLA when it takes more minutes."))
                : Optional.empty();
    }

    /** A value as a configuration file would have it. */
    public static String shown(@Nullable Object value) {
        return value == null
                ? ""
                : value instanceof Duration duration ? TimeUtils.formatWithHighestUnit(duration) : value.toString();
    }

    /** What the option means, as plain text. */
    public static String description(ConfigOption<?> option) {
        return new HtmlFormatter().format(option.description());
    }
}
