package nl.rentguy.crm.kpi.cdc;

import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresStreamingChangeEventSource;
import java.util.Map;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitBase;
import org.apache.flink.cdc.connectors.base.source.meta.split.StreamSplit;
import org.apache.flink.cdc.connectors.base.source.reader.external.FetchTask;
import org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresSourceFetchTaskContext;
import org.apache.flink.cdc.connectors.postgres.source.fetch.StoppableChangeEventSourceContext;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log from where the replication slot is, which is never after what is saved; {@link CrmRecordEmitter} leaves out what has
 * been read before. Flink CDC's own task has Debezium look for the saved position by LSN, which drops changes: the first one of
 * the transaction it goes on with (FLINK-39265), and those of transactions that were open while others were committed. It also reads
 * everything twice, and waits ten seconds in between.
 */
final class LogReadTask implements FetchTask<SourceSplitBase> {

    private final StreamSplit log;
    private final StoppableChangeEventSourceContext reading = new StoppableChangeEventSourceContext();
    private volatile @Nullable PostgresStreamingChangeEventSource source;
    private volatile boolean running;
    private long released;

    LogReadTask(StreamSplit log) {
        this.log = log;
    }

    @Override
    public void execute(Context context) throws InterruptedException {
        PostgresSourceFetchTaskContext postgres = (PostgresSourceFetchTaskContext) context;
        PostgresStreamingChangeEventSource streaming = new PostgresStreamingChangeEventSource(
                postgres.getDbzConnectorConfig(),
                postgres.getSnapShotter(),
                postgres.getConnection(),
                postgres.getEventDispatcher(),
                postgres.getErrorHandler(),
                postgres.getTaskContext().getClock(),
                postgres.getDatabaseSchema(),
                postgres.getTaskContext(),
                postgres.getReplicationConnection());
        source = streaming;
        running = true;
        streaming.execute(reading, postgres.getPartition(), fromTheSlot());
    }

    /** No offset: Debezium begins where the slot does. */
    @SuppressWarnings("NullAway") // the library asks for null
    private static PostgresOffsetContext fromTheSlot() {
        return null;
    }

    /** Lets the server forget what came before that position; nothing happens when it is before an earlier one. */
    void release(long position) {
        PostgresStreamingChangeEventSource streaming = source;
        if (streaming != null && position > released) {
            released = position;
            streaming.commitOffset(Map.of(PostgresOffsetContext.LAST_COMMIT_LSN_KEY, position));
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public SourceSplitBase getSplit() {
        return log;
    }

    @Override
    public void close() {
        reading.stopChangeEventSource();
        running = false;
    }
}
