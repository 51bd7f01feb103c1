package nl.rentguy.crm.kpi.cdc;

import static java.util.stream.Collectors.joining;

import java.io.Serializable;
import java.time.Duration;
import java.util.Properties;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.config.LookedUpPassword;
import org.apache.flink.cdc.connectors.base.config.SourceConfig;
import org.apache.flink.cdc.connectors.base.options.StartupOptions;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceRecords;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitState;
import org.apache.flink.cdc.connectors.base.source.metrics.SourceReaderMetrics;
import org.apache.flink.cdc.connectors.postgres.source.PostgresSourceBuilder;
import org.apache.flink.cdc.connectors.postgres.source.PostgresSourceBuilder.PostgresIncrementalSource;
import org.apache.flink.cdc.connectors.postgres.source.config.PostgresSourceConfigFactory;
import org.apache.flink.cdc.connectors.postgres.source.offset.PostgresOffsetFactory;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.RecordEmitter;

/** The CRM's change log, read by Flink CDC from one replication slot: a parallel snapshot, then the log. */
@SuppressWarnings("unchecked") // a method of the library's class returns a raw type
public final class CrmSource extends PostgresIncrementalSource<RawChange> {

    private static final long serialVersionUID = 1;

    private final Plan plan;

    private CrmSource(Plan plan, PostgresSourceConfigFactory factory) {
        super(
                factory,
                new ChangeEventDeserializer(plan.captured),
                new PostgresOffsetFactory(),
                new CrmDialect(factory.create(0), plan.crm.url(), plan.publication, plan.captured));
        this.plan = plan;
    }

    public static CrmSource of(Configuration config) {
        return of(new Plan(
                Database.crm(config),
                CaptureSpec.of(config),
                JobOptions.slotName(config),
                config.get(JobOptions.CDC_PUBLICATION_NAME),
                config.get(JobOptions.CDC_SPLIT_SIZE),
                config.get(JobOptions.CDC_FETCH_SIZE),
                config.get(JobOptions.CDC_POLL_INTERVAL)));
    }

    private static CrmSource of(Plan plan) {
        return new CrmSource(
                plan,
                PostgresSourceBuilder.PostgresIncrementalSource.<RawChange>builder()
                        .hostname(plan.crm.host())
                        .port(plan.crm.port())
                        .database(plan.crm.name())
                        .schemaList(CaptureSpec.SCHEMA)
                        .tableList(plan.captured.names().stream()
                                .map(table -> CaptureSpec.SCHEMA + "." + table)
                                .toArray(String[]::new))
                        .username(plan.crm.username())
                        .password(plan.crm.password())
                        .slotName(plan.slot)
                        .decodingPluginName("pgoutput")
                        .startupOptions(StartupOptions.initial())
                        .splitSize(plan.splitSize)
                        .fetchSize(plan.fetchSize)
                        // The log itself tells what was committed while a chunk was read.
                        .skipSnapshotBackfill(true)
                        .debeziumProperties(plan.debezium())
                        .getConfigFactory());
    }

    @Override
    protected RecordEmitter<SourceRecords, RawChange, SourceSplitState> createRecordEmitter(
            SourceConfig config, SourceReaderMetrics metrics) {
        return new CrmRecordEmitter(deserializationSchema, metrics, offsetFactory);
    }

    /** What travels with the job: the source holds the password, its plan does not. */
    private Object writeReplace() {
        return plan;
    }

    private record Plan(
            Database crm,
            CaptureSpec captured,
            String slot,
            String publication,
            int splitSize,
            int fetchSize,
            Duration pollInterval)
            implements Serializable {

        private Object readResolve() {
            return CrmSource.of(this);
        }

        Properties debezium() {
            Properties properties = new Properties();
            properties.setProperty("publication.name", publication);
            properties.setProperty("publication.autocreate.mode", "disabled");
            properties.setProperty("column.include.list", columns());
            properties.setProperty("decimal.handling.mode", "string");
            properties.setProperty("converters", "numbers");
            properties.setProperty("numbers.type", NumbersAsText.class.getName());
            properties.setProperty("truncate.handling.mode", "include");
            properties.setProperty("poll.interval.ms", Long.toString(pollInterval.toMillis()));
            properties.setProperty("max.batch.size", "8192");
            properties.setProperty("max.queue.size", "65536");
            // Flink CDC logs all of these.
            properties.setProperty("database.password", "");
            LookedUpPassword.properties(crm)
                    .forEach((name, value) -> properties.setProperty("database." + name, (String) value));
            // Such as sslmode: Debezium makes its own connections from parts.
            crm.urlParameters().forEach((name, value) -> properties.setProperty("database." + name, value));
            return properties;
        }

        private String columns() {
            return captured.names().stream()
                    .flatMap(table -> captured.columns(table).stream().map(column -> table + "\\." + column))
                    .map(column -> CaptureSpec.SCHEMA + "\\." + column)
                    .collect(joining(","));
        }
    }
}
