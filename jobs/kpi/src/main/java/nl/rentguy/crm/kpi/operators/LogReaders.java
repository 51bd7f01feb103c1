package nl.rentguy.crm.kpi.operators;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.messages.Acknowledge;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.jspecify.annotations.Nullable;

/**
 * Tells the tasks of {@link CommitClockOperator} which one of them reads the log, as soon as that one has told it. All others know then
 * that they have nothing more to say about KPI time. It lives in the job manager, and has no state to save: after a failure each task
 * tells anew.
 */
final class LogReaders implements OperatorCoordinator {

    /** From a task: the log is read here. To a task: it is read elsewhere. */
    record LogIsRead() implements OperatorEvent {}

    private final Map<Integer, SubtaskGateway> tasks = new TreeMap<>();
    private @Nullable Integer reader;

    /** Makes them where the job manager is. */
    record Provider(OperatorID operatorId) implements OperatorCoordinator.Provider {

        @Override
        public OperatorID getOperatorId() {
            return operatorId;
        }

        @Override
        public OperatorCoordinator create(Context context) {
            return new LogReaders();
        }
    }

    @Override
    public void handleEventFromOperator(int subtask, int attempt, OperatorEvent event) {
        reader = subtask;
        tasks.values().forEach(this::tell);
    }

    @Override
    public void executionAttemptReady(int subtask, int attempt, SubtaskGateway gateway) {
        tasks.put(subtask, gateway);
        tell(gateway);
    }

    private void tell(SubtaskGateway task) {
        if (reader != null && reader != task.getSubtask()) {
            // Flink starts the task again when it cannot be told.
            CompletableFuture<Acknowledge> unused = task.sendEvent(new LogIsRead());
        }
    }

    @Override
    public void executionAttemptFailed(int subtask, int attempt, @Nullable Throwable reason) {
        left(subtask);
    }

    @Override
    public void subtaskReset(int subtask, long checkpointId) {
        left(subtask);
    }

    private void left(int subtask) {
        tasks.remove(subtask);
        if (reader != null && reader == subtask) {
            reader = null;
        }
    }

    @Override
    public void checkpointCoordinator(long checkpointId, CompletableFuture<byte[]> saved) {
        saved.complete(new byte[0]);
    }

    @Override
    public void resetToCheckpoint(long checkpointId, byte @Nullable [] saved) {
        tasks.clear();
        reader = null;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        // Nothing is saved.
    }

    @Override
    public void start() {
        // The tasks tell.
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
