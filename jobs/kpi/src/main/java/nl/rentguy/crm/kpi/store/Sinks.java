package nl.rentguy.crm.kpi.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import nl.rentguy.crm.kpi.cdc.CaptureSpec;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.config.JobVersion;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.jdbc.JdbcExecutionOptions;
import org.apache.flink.connector.jdbc.core.datastream.sink.JdbcSink;

/** Every sink of the job. All are at-least-once: each statement leaves the same when it is run again. */
public final class Sinks {

    private static final JdbcExecutionOptions BATCHED = JdbcExecutionOptions.builder()
            .withBatchSize(1000)
            .withBatchIntervalMs(5)
            .withMaxRetries(5)
            .build();

    private static final JdbcExecutionOptions ONE_BY_ONE =
            JdbcExecutionOptions.builder().withBatchSize(1).withMaxRetries(5).build();

    private static final ObjectMapper JSON = new ObjectMapper();

    private Sinks() {}

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

    /** {@code crm_kpi_status} of this pipeline, whose KPI time never goes back. With it, old dead letters go. */
    public static Sink<KpiStatus> status(KpiSettings settings, Configuration config) {
        String pipeline = config.get(JobOptions.KPI_PIPELINE_NAME);
        String definition = new Kpis(settings).version();
        String figures = json(settings);
        int deadLetterDays = JobOptions.deadLetterDays(config);
        return JdbcSink.<KpiStatus>builder()
                .withExecutionOptions(ONE_BY_ONE)
                .withQueryStatement("""
                        WITH gone AS (DELETE FROM crm_kpi.crm_kpi_dead_letters WHERE received_at < now() - make_interval(days => ?))
                        INSERT INTO crm_kpi.crm_kpi_status AS target
                          (pipeline, phase, problem, kpi_time, source_position, source_lag_seconds, snapshot_progress, rows_read,
                           dead_letters, unknown_words, job_version, definition_version, settings)
                        SELECT pipeline, CASE WHEN phase = 'live' AND refused THEN 'degraded' ELSE phase END,
                          coalesce(problem, CASE WHEN refused THEN
                            'KPI rows were refused by this database: see crm_kpi_dead_letters, reason refused_by_database' END),
                          kpi_time, source_position, source_lag_seconds, snapshot_progress, rows_read, dead_letters, unknown_words,
                          job_version, definition_version, settings
                        FROM (VALUES (?, ?, ?, ?::timestamptz, ?::pg_lsn, ?::double precision, ?::double precision, ?::bigint,
                              ?::bigint, ?::jsonb, ?, ?, ?::jsonb))
                          AS sent (pipeline, phase, problem, kpi_time, source_position, source_lag_seconds, snapshot_progress,
                              rows_read, dead_letters, unknown_words, job_version, definition_version, settings),
                          LATERAL (SELECT EXISTS (SELECT FROM crm_kpi.crm_kpi_dead_letters
                            WHERE received_at > now() - interval '1 hour' AND reason = 'refused_by_database')) AS lately (refused)
                        ON CONFLICT (pipeline) DO UPDATE SET
                          (phase, problem, kpi_time, source_position, source_lag_seconds, snapshot_progress, rows_read,
                           dead_letters, unknown_words, job_version, definition_version, settings, updated_at) =
                          (excluded.phase,
                           coalesce(excluded.problem, CASE WHEN excluded.phase = 'restarting' THEN target.problem END),
                           greatest(target.kpi_time, excluded.kpi_time), excluded.source_position,
                           excluded.source_lag_seconds, excluded.snapshot_progress, excluded.rows_read,
                           excluded.dead_letters, excluded.unknown_words, excluded.job_version, excluded.definition_version,
                           excluded.settings, now())""", (statement, status) -> {
                    statement.setInt(1, deadLetterDays);
                    statement.setString(2, pipeline);
                    statement.setString(3, status.phase().word());
                    statement.setString(4, status.problem());
                    Instant kpiTime = status.kpiTime();
                    statement.setObject(5, kpiTime == null ? null : kpiTime.atOffset(ZoneOffset.UTC));
                    statement.setString(6, status.position() == 0 ? null : lsn(status.position()));
                    statement.setObject(7, status.lagSeconds());
                    statement.setObject(8, status.snapshotProgress());
                    statement.setLong(9, status.rowsRead());
                    statement.setLong(10, status.deadLetters());
                    statement.setString(
                            11, JSON.valueToTree(status.unknownWords()).toString());
                    statement.setString(12, JobVersion.CURRENT);
                    statement.setString(13, definition);
                    statement.setString(14, figures);
                })
                .buildAtLeastOnce(kpiDatabase(config));
    }

    /** What SQL that reads the tables needs to know of the settings, by the names of their options. */
    private static String json(KpiSettings settings) {
        ObjectNode slaByWorkflow = JSON.createObjectNode();
        settings.sla().byWorkflow().forEach((workflow, limit) -> slaByWorkflow.put(workflow, limit.toMinutes()));
        return JSON.createObjectNode()
                .put("window_days", settings.window().toDays())
                .put("stale_days", settings.stale().toDays())
                .put("idle_days", settings.idle().toDays())
                .put("sla_minutes", settings.sla().limit().toMinutes())
                .put("overdue_watch_days", settings.sla().watch().toDays())
                .put("freeze_days", settings.freezeDays())
                .put("time_zone", settings.timeZone().getId())
                .put("default_currency", settings.defaultCurrency())
                .set("sla_minutes_by_workflow", slaByWorkflow)
                .toString();
    }

    /** As PostgreSQL writes it: two halves in hexadecimal. */
    private static String lsn(long position) {
        return "%X/%X".formatted(position >>> 32, position & 0xFFFFFFFFL);
    }

    /** The heartbeat in the CRM database: each element is a beat. */
    public static Sink<Long> heartbeat(Configuration config) {
        String publication = config.get(JobOptions.CDC_PUBLICATION_NAME);
        return JdbcSink.<Long>builder()
                .withExecutionOptions(ONE_BY_ONE)
                .withQueryStatement(
                        """
                        INSERT INTO %s.%s (id, beat_at, covered) VALUES (1, clock_timestamp(), %s)
                        ON CONFLICT (id) DO UPDATE SET (beat_at, covered) = (excluded.beat_at, excluded.covered)""".formatted(CaptureSpec.SCHEMA, CaptureSpec.HEARTBEAT, CaptureSpec.coveredSql()),
                        (statement, beat) -> statement.setString(1, publication))
                .buildAtLeastOnce(new SinkConnection(Database.crm(config)));
    }

    private static SinkConnection kpiDatabase(Configuration config) {
        return new SinkConnection(Database.kpi(config));
    }
}
