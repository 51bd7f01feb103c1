package nl.rentguy.crm.kpi.cdc;

import io.debezium.connector.postgresql.connection.Lsn;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.flink.cdc.connectors.base.config.JdbcSourceConfig;
import org.apache.flink.cdc.connectors.base.relational.connection.JdbcConnectionPoolFactory;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitBase;
import org.apache.flink.cdc.connectors.base.source.reader.external.FetchTask;
import org.apache.flink.cdc.connectors.postgres.source.PostgresConnectionPoolFactory;
import org.apache.flink.cdc.connectors.postgres.source.PostgresDialect;
import org.apache.flink.cdc.connectors.postgres.source.config.PostgresSourceConfig;
import org.apache.flink.cdc.connectors.postgres.source.offset.PostgresOffset;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * PostgreSQL as Flink CDC reads it, with two differences: the snapshot selects the listed columns only, and the log is
 * read on from a saved position only if the slot still holds everything after it.
 *
 * <p>PostgreSQL skips silently what the slot no longer has, and Flink CDC makes a slot anew where there is none: without
 * the check, changes that were committed in between would be lost without a word.
 */
final class CrmDialect extends PostgresDialect {

    private static final long serialVersionUID = 1;

    private final String url;

    /** @param url JDBC address of the CRM database, with all its parameters */
    CrmDialect(PostgresSourceConfig config, String url) {
        super(config);
        this.url = url;
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
    @SuppressWarnings("unchecked") // the library's own class names its supertype without an argument
    public FetchTask<SourceSplitBase> createFetchTask(SourceSplitBase split) {
        if (split.isSnapshotSplit()) {
            return new ListedColumnsScan(split.asSnapshotSplit());
        }
        checkSlot(((PostgresOffset) split.asStreamSplit().getStartingOffset()).getLsn());
        return super.createFetchTask(split);
    }

    private void checkSlot(Lsn saved) {
        try (var crm = openJdbcConnection();
                PreparedStatement statement = crm.connection()
                        .prepareStatement(
                                "SELECT confirmed_flush_lsn::text, wal_status FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, getSlotName());
            try (ResultSet slot = statement.executeQuery()) {
                if (!slot.next() || "lost".equals(slot.getString(2))) {
                    throw refused("is gone or has lost its log", saved);
                }
                String begins = slot.getString(1);
                if (begins != null && Lsn.valueOf(begins).compareTo(saved) > 0) {
                    throw refused("begins at " + begins + ", which is later", saved);
                }
            }
        } catch (SQLException e) {
            throw new FlinkRuntimeException("Cannot see whether the replication slot is in order", e);
        }
    }

    private SuppressRestartsException refused(String what, Lsn saved) {
        // No restart would mend it.
        return new SuppressRestartsException(new IllegalStateException(
                "The saved state ends at %s in the CRM's log, but the replication slot '%s' %s: the changes between are lost. Start anew with a snapshot: crm-kpi run --rebuild"
                        .formatted(saved, getSlotName(), what)));
    }
}
