package nl.rentguy.crm.kpi.cdc;

import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.config.DatabaseAddress;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.crm.CrmTable;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.cdc.connectors.base.options.StartupOptions;
import org.apache.flink.cdc.connectors.postgres.source.PostgresSourceBuilder;
import org.apache.flink.cdc.connectors.postgres.source.PostgresSourceBuilder.PostgresIncrementalSource;
import org.apache.flink.configuration.Configuration;

/** The CRM's change log, read by Flink CDC from one replication slot: a parallel snapshot, then the log. */
public final class CrmSource {

    /** Written by the job itself; comes back through the log as its clock. */
    public static final String HEARTBEAT_TABLE = "crm_kpi_heartbeat";

    private static final String SCHEMA = "public";

    private CrmSource() {}

    public static PostgresIncrementalSource<RawChange> of(Configuration config) {
        DatabaseAddress crm = DatabaseAddress.of(JobOptions.CRM_JDBC_URL, config);
        return PostgresSourceBuilder.PostgresIncrementalSource.<RawChange>builder()
                .hostname(crm.host())
                .port(crm.port())
                .database(crm.database())
                .schemaList(SCHEMA)
                .tableList(tables())
                .username(config.get(JobOptions.CRM_USERNAME))
                .password(config.get(JobOptions.CRM_PASSWORD))
                .slotName(config.get(JobOptions.CDC_SLOT_NAME))
                .decodingPluginName("pgoutput")
                .startupOptions(StartupOptions.initial())
                .deserializer(new ChangeEventDeserializer())
                .splitSize(config.get(JobOptions.CDC_SPLIT_SIZE))
                .fetchSize(config.get(JobOptions.CDC_FETCH_SIZE))
                .debeziumProperties(debezium(config))
                .build();
    }

    /** Timestamps and watermarks of what the source emits. */
    public static WatermarkStrategy<RawChange> watermarks() {
        return CommitTimeWatermarks.strategy();
    }

    private static String[] tables() {
        return Stream.concat(Arrays.stream(CrmTable.values()).map(CrmTable::tableName), Stream.of(HEARTBEAT_TABLE))
                .map(table -> SCHEMA + "." + table)
                .toArray(String[]::new);
    }

    private static Properties debezium(Configuration config) {
        Duration poll = config.get(JobOptions.CDC_POLL_INTERVAL);
        Properties properties = new Properties();
        properties.setProperty("publication.name", config.get(JobOptions.CDC_PUBLICATION_NAME));
        properties.setProperty("publication.autocreate.mode", "disabled");
        properties.setProperty("decimal.handling.mode", "string");
        properties.setProperty("poll.interval.ms", Long.toString(poll.toMillis()));
        properties.setProperty("max.batch.size", "8192");
        properties.setProperty("max.queue.size", "65536");
        return properties;
    }
}
