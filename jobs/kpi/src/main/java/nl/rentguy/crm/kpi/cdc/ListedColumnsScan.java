package nl.rentguy.crm.kpi.cdc;

import static java.util.stream.Collectors.joining;

import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.pipeline.EventDispatcher.SnapshotReceiver;
import io.debezium.pipeline.source.spi.ChangeEventSource.ChangeEventSourceContext;
import io.debezium.pipeline.spi.SnapshotResult;
import io.debezium.relational.Column;
import io.debezium.relational.SnapshotChangeRecordEmitter;
import io.debezium.relational.Table;
import io.debezium.util.Clock;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.cdc.connectors.base.source.meta.offset.Offset;
import org.apache.flink.cdc.connectors.base.source.meta.split.SnapshotSplit;
import org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresScanFetchTask;
import org.apache.flink.cdc.connectors.postgres.source.fetch.PostgresSourceFetchTaskContext;
import org.apache.flink.cdc.connectors.postgres.source.fetch.StoppableChangeEventSourceContext;
import org.apache.flink.cdc.connectors.postgres.source.offset.PostgresOffset;
import org.apache.flink.cdc.connectors.postgres.source.utils.PostgresQueryUtils;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Reads a chunk of the snapshot by one query, of each row the columns of {@link CaptureSpec} and no others, and tells which transactions
 * it saw. Flink CDC's own task selects all columns, and so fails for a role that may read some of them only; and it goes by
 * positions in the log, by which a transaction that is open meanwhile is lost (see {@link VisibleTransactions}).
 */
final class ListedColumnsScan extends PostgresScanFetchTask {

    private static final String ALL_COLUMNS = "SELECT * FROM ";

    private final SnapshotSplit chunk;
    private final CaptureSpec captured;

    ListedColumnsScan(SnapshotSplit chunk, CaptureSpec captured) {
        super(chunk);
        this.chunk = chunk;
        this.captured = captured;
    }

    @Override
    public void execute(Context context) throws Exception {
        PostgresSourceFetchTaskContext postgres = (PostgresSourceFetchTaskContext) context;
        taskRunning = true;
        Connection crm = postgres.getConnection().connection();
        crm.setAutoCommit(false);
        crm.commit();
        Offset offset = PostgresOffset.of(beginSnapshot(crm));
        dispatchLowWaterMarkEvent(context, chunk, offset);
        new Read(postgres, chunk, captured)
                .execute(new StoppableChangeEventSourceContext(), postgres.getPartition(), postgres.getOffsetContext());
        crm.commit();
        dispatchHighWaterMarkEvent(context, chunk, offset);
        dispatchEndWaterMarkEvent(context, chunk, offset);
        taskRunning = false;
    }

    /** Until the transaction ends all queries see the same; tells what that is. */
    private static Map<String, String> beginSnapshot(Connection crm) throws SQLException {
        try (Statement statement = crm.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            try (ResultSet seen = statement.executeQuery("SELECT pg_current_snapshot()::text, " + LogPosition.SQL)) {
                seen.next();
                return SnapshotChunks.offset(seen.getString(1), seen.getLong(2));
            }
        }
    }

    private static final class Read extends PostgresSnapshotSplitReadTask {

        private final PostgresSourceFetchTaskContext postgres;
        private final SnapshotSplit chunk;
        private final CaptureSpec captured;

        Read(PostgresSourceFetchTaskContext postgres, SnapshotSplit chunk, CaptureSpec captured) {
            super(
                    postgres.getConnection(),
                    postgres.getDbzConnectorConfig(),
                    postgres.getDatabaseSchema(),
                    postgres.getOffsetContext(),
                    postgres.getEventDispatcher(),
                    postgres.getSnapshotChangeEventSourceMetrics(),
                    chunk);
            this.postgres = postgres;
            this.chunk = chunk;
            this.captured = captured;
        }

        @Override
        protected SnapshotResult<PostgresOffsetContext> doExecute(
                ChangeEventSourceContext context,
                PostgresOffsetContext previous,
                SnapshotContext<PostgresPartition, PostgresOffsetContext> snapshot,
                SnapshottingTask task)
                throws Exception {
            PostgresOffsetContext offset = postgres.getOffsetContext();
            snapshot.offset = offset;
            Table table = postgres.getDatabaseSchema().tableFor(chunk.getTableId());
            List<Column> columns = columns(table);
            SnapshotReceiver<PostgresPartition> receiver =
                    postgres.getEventDispatcher().getSnapshotChangeEventReceiver();
            try (PreparedStatement select = select(columns);
                    ResultSet rows = select.executeQuery()) {
                int width = columns.stream().mapToInt(Column::position).max().orElseThrow();
                while (rows.next()) {
                    Object[] row = new Object[width];
                    for (int i = 0; i < columns.size(); i++) {
                        row[columns.get(i).position() - 1] = rows.getObject(i + 1);
                    }
                    offset.event(chunk.getTableId(), Clock.SYSTEM.currentTime());
                    postgres.getEventDispatcher()
                            .dispatchSnapshotEvent(
                                    snapshot.partition,
                                    chunk.getTableId(),
                                    new SnapshotChangeRecordEmitter<>(snapshot.partition, offset, row, Clock.SYSTEM),
                                    receiver);
                }
            }
            receiver.completeSnapshot();
            return SnapshotResult.completed(offset);
        }

        private List<Column> columns(Table table) {
            List<Column> columns = new ArrayList<>();
            for (String name : captured.columns(table.id().table())) {
                Column column = table.columnWithName(name);
                if (column == null) {
                    // No restart would mend it.
                    throw new SuppressRestartsException(new IllegalStateException(
                            "The CRM has no column %s.%s, which the KPIs need: rename it back, or upgrade to a version that knows the new schema"
                                    .formatted(table.id().table(), name)));
                }
                columns.add(column);
            }
            return columns;
        }

        private PreparedStatement select(List<Column> columns) throws SQLException {
            boolean first = chunk.getSplitStart() == null;
            boolean last = chunk.getSplitEnd() == null;
            String all = PostgresQueryUtils.buildSplitScanQuery(
                    chunk.getTableId(), chunk.getSplitKeyType(), first, last, List.of());
            if (!all.startsWith(ALL_COLUMNS)) {
                throw new IllegalStateException("Flink CDC no longer reads a chunk by " + ALL_COLUMNS);
            }
            String names = columns.stream()
                    .map(column -> '"' + column.name().replace("\"", "\"\"") + '"')
                    .collect(joining(", "));
            return PostgresQueryUtils.readTableSplitDataStatement(
                    postgres.getConnection(),
                    "SELECT " + names + " FROM " + all.substring(ALL_COLUMNS.length()),
                    first,
                    last,
                    chunk.getSplitStart(),
                    chunk.getSplitEnd(),
                    chunk.getSplitKeyType().getFieldCount(),
                    postgres.getDbzConnectorConfig().getSnapshotFetchSize());
        }
    }
}
