package nl.rentguy.crm.kpi.cdc;

import java.sql.SQLException;
import org.apache.flink.cdc.connectors.base.config.JdbcSourceConfig;
import org.apache.flink.cdc.connectors.base.source.meta.offset.Offset;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitBase;
import org.apache.flink.cdc.connectors.postgres.source.PostgresDialect;
import org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresSourceFetchTaskContext;
import org.apache.flink.cdc.connectors.postgres.source.offset.PostgresOffset;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.kafka.connect.source.SourceRecord;

/** What Flink CDC reads a chunk or the log with: numbers arrive as texts, and a change in the log is waited for, see {@link WakingQueue}. */
final class CrmFetchContext extends PostgresSourceFetchTaskContext {

    CrmFetchContext(JdbcSourceConfig config, PostgresDialect dialect) {
        super(config, dialect);
    }

    @Override
    public void configure(SourceSplitBase split) {
        EnumsWithoutLabels.orExplain(() -> super.configure(split));
        if (split.isStreamSplit()) {
            WakingQueue.use(getQueue());
        }
        try {
            NumbersAsText.use(getConnection());
        } catch (SQLException e) {
            throw new FlinkRuntimeException("The CRM's types cannot be read", e);
        }
    }

    /** All changes of the log are let through: {@link CrmRecordEmitter} knows which of them have been read. */
    @Override
    public Offset getStreamOffset(SourceRecord event) {
        return PostgresOffset.NO_STOPPING_OFFSET;
    }
}
