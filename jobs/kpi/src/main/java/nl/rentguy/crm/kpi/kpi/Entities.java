package nl.rentguy.crm.kpi.kpi;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.EntityModel;
import org.jspecify.annotations.Nullable;

/** The kinds of entities, each contributing to every KPI that is about it. */
final class Entities {

    private Entities() {}

    /** A deal with its past, from changes of its own row. */
    record Deals(List<Kpi> kpis, Duration window) implements EntityModel<DealHistory> {

        @Override
        public @Nullable DealHistory fold(@Nullable DealHistory history, RowChange change) {
            if (change.deal() == null) {
                return null;
            }
            return history == null ? DealHistory.startingWith(change.deal()) : history.then(change.deal());
        }

        @Override
        public void contribute(DealHistory history, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(history, to));
        }

        @Override
        public DealHistory forget(DealHistory history, Instant now) {
            return history.withoutVisitsUntil(now.minus(window));
        }
    }

    /** A pipeline with its stages, from changes of either. */
    record Boards(List<Kpi> kpis) implements EntityModel<PipelineBoard> {

        @Override
        public @Nullable PipelineBoard fold(@Nullable PipelineBoard known, RowChange change) {
            PipelineBoard board = known == null ? PipelineBoard.EMPTY : known;
            PipelineBoard changed =
                    switch (change.table()) {
                        case PIPELINES -> board.with(change.pipeline());
                        case PIPELINE_STAGES -> board.with(change.id(), change.stage());
                        case LEADS, DEALS, ACTIVITIES, AUTOMATION_RUNS, ACQUISITION_METRICS ->
                            throw new IllegalArgumentException(change.table() + " is not part of a pipeline");
                    };
            return changed.isEmpty() ? null : changed;
        }

        @Override
        public void contribute(PipelineBoard board, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(board, to));
        }
    }

    /** An automation run, from changes of its own row. */
    record Runs(List<Kpi> kpis) implements EntityModel<AutomationRun> {

        @Override
        public @Nullable AutomationRun fold(@Nullable AutomationRun run, RowChange change) {
            return change.run();
        }

        @Override
        public void contribute(AutomationRun run, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(run, to));
        }
    }

    /** What a source brought on a day, from changes of its own row. */
    record Metrics(List<Kpi> kpis) implements EntityModel<AcquisitionMetric> {

        @Override
        public @Nullable AcquisitionMetric fold(@Nullable AcquisitionMetric metric, RowChange change) {
            return change.metric();
        }

        @Override
        public void contribute(AcquisitionMetric metric, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(metric, to));
        }
    }
}
