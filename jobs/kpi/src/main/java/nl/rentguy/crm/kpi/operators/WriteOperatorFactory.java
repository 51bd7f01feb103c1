package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.store.KpiWriters;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes {@link WriteOperator}s: each task writes one share of the tenants. */
public final class WriteOperatorFactory extends AbstractStreamOperatorFactory<Long>
        implements OneInputStreamOperatorFactory<TableRow, Long> {

    private static final long serialVersionUID = 1;

    private final KpiWriters kpiWriters;
    private final long tickMillis;

    /** @param tickMillis the step of KPI time at which rows are published */
    public WriteOperatorFactory(KpiWriters kpiWriters, long tickMillis) {
        this.kpiWriters = kpiWriters;
        this.tickMillis = tickMillis;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as the interface has it
    public <T extends StreamOperator<Long>> T createStreamOperator(StreamOperatorParameters<Long> parameters) {
        TaskInfo task = parameters.getContainingTask().getEnvironment().getTaskInfo();
        int index = task.getIndexOfThisSubtask();
        int writers = task.getNumberOfParallelSubtasks();
        WriteOperator operator = new WriteOperator(
                tickMillis,
                new Kpis(kpiWriters.settings()).definition(),
                kpiWriters.of(index, writers),
                index,
                writers,
                parameters.getMailboxExecutor());
        operator.setup(parameters.getContainingTask(), parameters.getStreamConfig(), parameters.getOutput());
        return (T) operator;
    }

    @Override
    @SuppressWarnings("rawtypes") // as the interface has it
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
        return WriteOperator.class;
    }
}
