package nl.rentguy.crm.kpi.cdc;

import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.cdc.connectors.base.source.meta.offset.OffsetFactory;
import org.apache.flink.cdc.connectors.base.source.meta.split.SourceSplitState;
import org.apache.flink.cdc.connectors.base.source.meta.split.StreamSplit;
import org.apache.flink.cdc.connectors.base.source.meta.split.StreamSplitState;
import org.apache.flink.cdc.connectors.base.source.metrics.SourceReaderMetrics;
import org.apache.flink.cdc.connectors.base.source.reader.IncrementalSourceRecordEmitter;
import org.apache.flink.cdc.connectors.base.utils.SourceRecordUtils;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Sends on each change of the log once: neither those that were read before a restart, nor those that the snapshot has. */
final class CrmRecordEmitter extends IncrementalSourceRecordEmitter<RawChange> {

    private @Nullable StreamSplitState log;
    private LogCursor cursor = new LogCursor(null);
    private @Nullable SnapshotChunks snapshot;

    CrmRecordEmitter(
            DebeziumDeserializationSchema<RawChange> deserializer, SourceReaderMetrics metrics, OffsetFactory offsets) {
        super(deserializer, metrics, false, offsets);
    }

    @Override
    protected void processElement(SourceRecord element, SourceOutput<RawChange> output, SourceSplitState split)
            throws Exception {
        if (!split.isStreamSplitState()) {
            super.processElement(element, output, split);
            return;
        }
        SnapshotChunks chunks = open(split.asStreamSplitState());
        if (!SourceRecordUtils.isDataChangeRecord(element)) {
            // Debezium's own heartbeats tell an LSN that nothing was read of.
            return;
        }
        LogOffset offset = cursor.next(Change.of(element.sourceOffset()));
        if (offset == null) {
            return;
        }
        Struct envelope = (Struct) element.value();
        String table = envelope.getStruct("source").getString("table");
        boolean isDeletion = envelope.getString("op").equals("d");
        boolean leftOut = chunks.leaveOut(table, (Struct) element.key(), isDeletion, offset.last());
        split.asStreamSplitState().setStartingOffset(offset.with(chunks.deleted()));
        if (!leftOut) {
            emitElement(element, output);
        }
    }

    private SnapshotChunks open(StreamSplitState split) {
        SnapshotChunks chunks = snapshot;
        if (chunks == null || split != log) {
            StreamSplit saved = split.toSourceSplit();
            log = split;
            LogOffset offset = LogOffset.saved(saved.getStartingOffset().getOffset());
            cursor = new LogCursor(offset);
            chunks = new SnapshotChunks(saved.getFinishedSnapshotSplitInfos(), offset);
            snapshot = chunks;
        }
        return chunks;
    }
}
