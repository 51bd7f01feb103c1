package nl.rentguy.crm.kpi.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.crm.Letters;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.definition.KpiGroup;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;

/** What the options say of the KPIs' definitions. */
public final class Definitions {

    private Definitions() {}

    /**
     * The figures that the KPI definitions leave open.
     *
     * @throws ConfigException when one is out of range
     */
    public static KpiSettings kpiSettings(Configuration config) {
        int window = positive(JobOptions.KPI_WINDOW_DAYS, config);
        int freeze = positive(JobOptions.KPI_FREEZE_DAYS, config);
        if (freeze <= window + 1) {
            throw new ConfigException(
                    "%s is '%d'; expected more than %s and a day, which is %d: the window must not reach into frozen days"
                            .formatted(
                                    JobOptions.KPI_FREEZE_DAYS.key(),
                                    freeze,
                                    JobOptions.KPI_WINDOW_DAYS.key(),
                                    window + 1));
        }
        return new KpiSettings(
                Duration.ofDays(window),
                Duration.ofDays(positive(JobOptions.KPI_STALE_DAYS, config)),
                Duration.ofDays(positive(JobOptions.KPI_IDLE_DAYS, config)),
                sla(config),
                freeze,
                timeZone(config),
                Letters.currency(config.get(JobOptions.KPI_DEFAULT_CURRENCY)),
                statusWords(config),
                moreColumns(config),
                groups(config));
    }

    private static List<KpiGroup> groups(Configuration config) {
        List<String> words = words(JobOptions.KPI_GROUPS, config);
        List<KpiGroup> groups = Arrays.stream(KpiGroup.values())
                .filter(group -> words.contains(group.word()))
                .toList();
        if (groups.isEmpty() || groups.size() < words.size()) {
            throw new ConfigException("%s is '%s'; expected some of %s, each once, separated by commas"
                    .formatted(
                            JobOptions.KPI_GROUPS.key(),
                            config.get(JobOptions.KPI_GROUPS),
                            JobOptions.KPI_GROUPS.defaultValue()));
        }
        return groups;
    }

    private static KpiSettings.Sla sla(Configuration config) {
        TreeMap<String, Duration> byWorkflow = new TreeMap<>();
        for (String key : config.keySet()) {
            JobOptions.slaOf(key)
                    .ifPresent(option -> byWorkflow.put(
                            key.substring(JobOptions.SLA_OF.length()), Duration.ofMinutes(positive(option, config))));
        }
        return new KpiSettings.Sla(
                Duration.ofMinutes(positive(JobOptions.KPI_SLA_MINUTES, config)),
                byWorkflow,
                Duration.ofDays(positive(JobOptions.KPI_OVERDUE_WATCH_DAYS, config)));
    }

    /**
     * What the CRM's status words mean.
     *
     * @throws ConfigException when a word has two meanings
     */
    public static StatusWords statusWords(Configuration config) {
        onlyOnce(config, JobOptions.CRM_WON_WORDS, JobOptions.CRM_LOST_WORDS, JobOptions.CRM_OPEN_WORDS);
        onlyOnce(
                config,
                JobOptions.CRM_COMPLETED_WORDS,
                JobOptions.CRM_FAILED_WORDS,
                JobOptions.CRM_CANCELLED_WORDS,
                JobOptions.CRM_UNFINISHED_WORDS);
        return new StatusWords(
                words(JobOptions.CRM_WON_WORDS, config),
                words(JobOptions.CRM_LOST_WORDS, config),
                words(JobOptions.CRM_OPEN_WORDS, config),
                words(JobOptions.CRM_COMPLETED_WORDS, config),
                words(JobOptions.CRM_FAILED_WORDS, config),
                words(JobOptions.CRM_CANCELLED_WORDS, config),
                words(JobOptions.CRM_UNFINISHED_WORDS, config),
                words(JobOptions.CRM_TASK_DONE_WORDS, config));
    }

    @SafeVarargs
    private static void onlyOnce(Configuration config, ConfigOption<String>... lists) {
        Map<String, String> listOf = new HashMap<>();
        for (ConfigOption<String> list : lists) {
            for (String word : words(list, config)) {
                String other = listOf.put(Letters.fold(word), list.key());
                if (other != null) {
                    throw new ConfigException("'%s' is in %s and in %s; expected a word to have one meaning"
                            .formatted(word, other, list.key()));
                }
            }
        }
    }

    private static List<String> words(ConfigOption<String> list, Configuration config) {
        return Arrays.stream(config.get(list).split(",", -1))
                .map(Letters::trimmed)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static List<String> moreColumns(Configuration config) {
        return Stream.of(
                        config.get(JobOptions.CRM_DEAL_TITLES) ? "title" : "",
                        config.get(JobOptions.CRM_TASK_DUE_COLUMN),
                        config.get(JobOptions.CRM_TASK_STATUS_COLUMN))
                .filter(column -> !column.isEmpty())
                .toList();
    }

    private static int positive(ConfigOption<Integer> option, Configuration config) {
        int value = config.get(option);
        if (value < 1) {
            throw new ConfigException("%s is '%d'; expected a whole number from 1 on".formatted(option.key(), value));
        }
        return value;
    }

    private static ZoneId timeZone(Configuration config) {
        String name = config.get(JobOptions.KPI_TIME_ZONE);
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            throw new ConfigException("%s is '%s'; expected a time zone such as Europe/Amsterdam"
                    .formatted(JobOptions.KPI_TIME_ZONE.key(), name));
        }
    }
}
