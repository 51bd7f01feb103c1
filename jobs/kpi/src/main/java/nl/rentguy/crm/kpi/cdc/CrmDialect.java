package nl.rentguy.crm.kpi.cdc;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.jdbc.JdbcConnection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.flink.cdc.connectors.base.config.JdbcSourceConfig;
import org.apache.flink.cdc.connectors.base.relational.connection.JdbcConnectionPoolFactory;
import org.apache.flink.cdc.connectors.base.source.meta.offset.Offset;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitBase;
import org.apache.flink.cdc.connectors.base.source.reader.external.FetchTask;
import org.apache.flink.cdc.connectors.base.source.reader.external.JdbcSourceFetchTaskContext;
import org.apache.flink.cdc.connectors.postgres.source.PostgresConnectionPoolFactory;
import org.apache.flink.cdc.connectors.postgres.source.PostgresDialect;
import org.apache.flink.cdc.connectors.postgres.source.config.PostgresSourceConfig;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.FlinkRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL as Flink CDC reads it, with four differences: the snapshot selects the listed columns only, numbers arrive as texts (see
 * {@link CrmFetchContext}), the log is read as {@link LogReadTask} tells, and only if the slot still holds everything after the
 * saved position.
 *
 * <p>PostgreSQL skips silently what the slot no longer has, and Flink CDC makes a slot anew where there is none: without
 * the check, changes that were committed in between would be lost without a word.
 */
final class CrmDialect extends PostgresDialect {

    private static final long serialVersionUID = 1;

    private final String url;
    private final String publication;
    private final CaptureSpec captured;

    private transient volatile @Nullable LogReadTask log;

    /** @param url JDBC address of the CRM database, with all its parameters */
    CrmDialect(PostgresSourceConfig config, String url, String publication, CaptureSpec captured) {
        super(config);
        this.url = url;
        this.publication = publication;
        this.captured = captured;
    }

    @Override
    public JdbcConnectionPoolFactory getPooledDataSourceFactory() {
        return new PostgresConnectionPoolFactory() {
            @Override
            public String getJdbcUrl(JdbcSourceConfig config) {
                return url;
            }
        };
    }

    @Override
    public JdbcConnection openJdbcConnection(JdbcSourceConfig config) {
        return EnumsWithoutLabels.orExplain(() -> super.openJdbcConnection(config));
    }

    @Override
    public JdbcSourceFetchTaskContext createFetchTaskContext(JdbcSourceConfig config) {
        return new CrmFetchContext(config, this);
    }

    @Override
    @SuppressWarnings("unchecked") // the library's own class names its supertype without an argument
    public FetchTask<SourceSplitBase> createFetchTask(SourceSplitBase split) {
        if (split.isSnapshotSplit()) {
            return new ListedColumnsScan(split.asSnapshotSplit(), captured);
        }
        checkSlot(complete(split.asStreamSplit().getStartingOffset()));
        LogReadTask task = new LogReadTask(split.asStreamSplit());
        log = task;
        return task;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId, @Nullable Offset saved) {
        LogReadTask task = log;
        if (task != null && saved != null) {
            LogOffset offset = LogOffset.saved(saved.getOffset());
            if (offset != null) {
                task.release(offset.complete());
            }
        }
    }

    /** All that was committed until there has been read, or is in the snapshot. */
    private static Lsn complete(Offset saved) {
        LogOffset offset = LogOffset.saved(saved.getOffset());
        return Lsn.valueOf(
                offset == null || offset.complete() == 0
                        ? Long.valueOf(saved.getOffset().get(LogOffset.LSN))
                        : Long.valueOf(offset.complete()));
    }

    private void checkSlot(Lsn saved) {
        try (var crm = openJdbcConnection();
                PreparedStatement statement = crm.connection().prepareStatement("""
                        SELECT s.confirmed_flush_lsn::text, s.wal_status, pg_current_wal_flush_lsn()::text,
                          EXISTS (SELECT FROM pg_publication WHERE pubname = ?)
                        FROM (VALUES (?)) AS wanted (slot) LEFT JOIN pg_replication_slots s ON s.slot_name = wanted.slot""")) {
            statement.setString(1, publication);
            statement.setString(2, getSlotName());
            try (ResultSet slot = statement.executeQuery()) {
                slot.next();
                String begins = slot.getString(1);
                if (begins == null || "lost".equals(slot.getString(2))) {
                    throw refused("is gone or has lost its log: the changes between are lost", saved);
                }
                if (Lsn.valueOf(begins).compareTo(saved) > 0) {
                    throw refused("begins at " + begins + ", which is later: the changes between are lost", saved);
                }
                if (Lsn.valueOf(slot.getString(3)).compareTo(saved) < 0) {
                    throw refused(
                            "is on a server whose log ends before that: it is another one, or was restored", saved);
                }
                if (!slot.getBoolean(4)) {
                    throw refused("is of no use, as the publication '%s' is gone".formatted(publication), saved);
                }
            }
        } catch (SQLException e) {
            throw new FlinkRuntimeException("Cannot see whether the replication slot is in order", e);
        }
    }

    private SuppressRestartsException refused(String what, Lsn saved) {
        // No restart would mend it.
        return new SuppressRestartsException(new IllegalStateException(
                "The saved state ends at %s in the CRM's log, but the replication slot '%s' %s. Start anew with a snapshot: crm-kpi run --rebuild"
                        .formatted(saved.asString(), getSlotName(), what)));
    }
}
