package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.cdc.LogPosition;
import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.store.WrittenUntil;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEventDispatcher;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.CoordinatedOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes {@link CommitClockOperator}s, and what tells them of each other. */
public final class CommitClockFactory extends AbstractStreamOperatorFactory<RawChange>
        implements OneInputStreamOperatorFactory<RawChange, RawChange>, CoordinatedOperatorFactory<RawChange> {

    private static final long serialVersionUID = 1;

    private final LogPosition logPosition;
    private final WrittenUntil writtenUntil;

    public CommitClockFactory(LogPosition logPosition, WrittenUntil writtenUntil) {
        this.logPosition = logPosition;
        this.writtenUntil = writtenUntil;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "deprecation"}) // Flink's own factories do the same
    public <T extends StreamOperator<RawChange>> T createStreamOperator(
            StreamOperatorParameters<RawChange> parameters) {
        OperatorID id = parameters.getStreamConfig().getOperatorID();
        OperatorEventDispatcher events = parameters.getOperatorEventDispatcher();
        CommitClockOperator operator = new CommitClockOperator(
                logPosition::current, writtenUntil::current, events.getOperatorEventGateway(id));
        operator.setup(parameters.getContainingTask(), parameters.getStreamConfig(), parameters.getOutput());
        operator.setProcessingTimeService(parameters.getProcessingTimeService());
        events.registerEventHandler(id, operator);
        return (T) operator;
    }

    @Override
    @SuppressWarnings("rawtypes") // as the interface has it
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
        return CommitClockOperator.class;
    }

    @Override
    public OperatorCoordinator.Provider getCoordinatorProvider(String operatorName, OperatorID operatorId) {
        return new LogReaders.Provider(operatorId);
    }
}
