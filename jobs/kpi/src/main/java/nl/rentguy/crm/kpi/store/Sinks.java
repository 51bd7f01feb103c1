package nl.rentguy.crm.kpi.store;

import java.time.Instant;
import java.time.ZoneOffset;
import nl.rentguy.crm.kpi.cdc.CrmSource;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.kpi.KpiTable;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.jdbc.JdbcConnectionOptions;
import org.apache.flink.connector.jdbc.JdbcExecutionOptions;
import org.apache.flink.connector.jdbc.core.datastream.sink.JdbcSink;
import org.apache.flink.types.Row;

/** Every sink of the job. All are at-least-once: each statement leaves the same when it is run again. */
public final class Sinks {

    private static final JdbcExecutionOptions BATCHED = JdbcExecutionOptions.builder()
            .withBatchSize(1000)
            .withBatchIntervalMs(5)
            .withMaxRetries(5)
            .build();

    private static final JdbcExecutionOptions ONE_BY_ONE =
            JdbcExecutionOptions.builder().withBatchSize(1).withMaxRetries(5).build();

    private Sinks() {}

    /** The KPI table. */
    public static Sink<Row> kpiTable(KpiTable<?> table, Configuration config) {
        return JdbcSink.<Row>builder()
                .withExecutionOptions(BATCHED)
                .withQueryStatement(new GuardedUpsert(table))
                .buildAtLeastOnce(kpiDatabase(config));
    }

    /** {@code crm_kpi_dead_letters}; an event refused again is the same row. */
    public static Sink<DeadLetter> deadLetters(Configuration config) {
        return JdbcSink.<DeadLetter>builder()
                .withExecutionOptions(BATCHED)
                .withQueryStatement("""
                        INSERT INTO crm_kpi.crm_kpi_dead_letters
                          (id, source, position, reason, message, payload, payload_sha256)
                        VALUES (?, ?, ?, ?, ?, ?::jsonb, ?) ON CONFLICT (id) DO NOTHING""", (statement, letter) -> {
                    statement.setString(1, letter.id());
                    statement.setString(2, letter.source());
                    statement.setLong(3, letter.position());
                    statement.setString(4, letter.reason());
                    statement.setString(5, letter.message());
                    statement.setString(6, letter.payload());
                    statement.setString(7, letter.payloadSha256());
                })
                .buildAtLeastOnce(kpiDatabase(config));
    }

    /** {@code crm_kpi_status} of this pipeline, from its KPI time in milliseconds. */
    public static Sink<Long> status(Configuration config) {
        String pipeline = config.get(JobOptions.KPI_PIPELINE_NAME);
        return JdbcSink.<Long>builder()
                .withExecutionOptions(ONE_BY_ONE)
                .withQueryStatement("""
                        INSERT INTO crm_kpi.crm_kpi_status AS held (pipeline, kpi_time) VALUES (?, ?)
                        ON CONFLICT (pipeline) DO UPDATE SET kpi_time = excluded.kpi_time, updated_at = now()
                        WHERE excluded.kpi_time >= held.kpi_time""", (statement, kpiTime) -> {
                    statement.setString(1, pipeline);
                    statement.setObject(2, Instant.ofEpochMilli(kpiTime).atOffset(ZoneOffset.UTC));
                })
                .buildAtLeastOnce(kpiDatabase(config));
    }

    /** The heartbeat in the CRM database: each element is a beat. */
    public static Sink<Long> heartbeat(Configuration config) {
        return JdbcSink.<Long>builder()
                .withExecutionOptions(ONE_BY_ONE)
                .withQueryStatement("""
                        INSERT INTO %s (id, beat_at) VALUES (1, clock_timestamp())
                        ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at""".formatted(CrmSource.HEARTBEAT_TABLE), (statement, beat) -> {})
                .buildAtLeastOnce(
                        database(JobOptions.CRM_JDBC_URL, JobOptions.CRM_USERNAME, JobOptions.CRM_PASSWORD, config));
    }

    private static JdbcConnectionOptions kpiDatabase(Configuration config) {
        return database(JobOptions.KPI_JDBC_URL, JobOptions.KPI_USERNAME, JobOptions.KPI_PASSWORD, config);
    }

    private static JdbcConnectionOptions database(
            ConfigOption<String> url,
            ConfigOption<String> username,
            ConfigOption<String> password,
            Configuration config) {
        return new JdbcConnectionOptions.JdbcConnectionOptionsBuilder()
                .withUrl(JobOptions.required(url, config))
                .withDriverName("org.postgresql.Driver")
                .withUsername(config.get(username))
                .withPassword(config.get(password))
                .build();
    }
}
