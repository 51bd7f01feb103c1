package nl.rentguy.crm.kpi.cdc;

import java.sql.SQLException;
import java.util.Map;
import org.apache.flink.cdc.connectors.base.config.JdbcSourceConfig;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitBase;
import org.apache.flink.cdc.connectors.postgres.source.PostgresDialect;
import org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresSourceFetchTaskContext;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.FlinkRuntimeException;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/** What Flink CDC reads a chunk or the log with: numbers arrive as texts, and a TRUNCATE, which has no key, arrives at all. */
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

    @Override
    public boolean isRecordBetween(SourceRecord event, Object[] from, Object[] until) {
        return event.key() == null || super.isRecordBetween(event, from, until);
    }

    @Override
    public void rewriteOutputBuffer(Map<Struct, SourceRecord> rows, SourceRecord event) {
        if (event.key() == null) {
            throw new SuppressRestartsException(new IllegalStateException(
                    "A table of the CRM was truncated while the snapshot was read. Start anew: crm-kpi run --rebuild"));
        }
        super.rewriteOutputBuffer(rows, event);
    }
}
