package nl.rentguy.crm.kpi.kpi;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.LeadFile;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.EntityModel;
import org.jspecify.annotations.Nullable;

/** The kinds of entities, each contributing to every KPI that is about it. */
final class Entities {

    private Entities() {}

    private static IllegalArgumentException notPartOf(String entity, CrmTable table) {
        return new IllegalArgumentException(table + " is not part of " + entity);
    }

    /** A deal with its past, its activities and its runs, from changes of any of them. */
    record Deals(List<Kpi> kpis, KpiSettings settings) implements EntityModel<DealFile> {

        @Override
        public @Nullable DealFile fold(@Nullable DealFile known, RowChange change) {
            DealFile file = known == null ? DealFile.EMPTY : known;
            DealFile changed =
                    switch (change.table()) {
                        case DEALS -> withDeal(file, change);
                        case ACTIVITIES -> file.withActivity(change.id(), change.activity());
                        case AUTOMATION_RUNS -> file.withRun(change.id(), change.run());
                        case LEADS, PIPELINES, PIPELINE_STAGES, ACQUISITION_METRICS ->
                            throw notPartOf("a deal", change.table());
                    };
            return changed.isEmpty() ? null : changed;
        }

        @Override
        public void contribute(DealFile file, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(file, to));
        }

        private static DealFile withDeal(DealFile file, RowChange change) {
            if (change.remembered() != null) {
                return file.remembering(change.remembered());
            }
            return change.deal() == null
                    ? file.withoutDeal(Instant.ofEpochMilli(change.committedAt()))
                    : file.withVersion(change.deal());
        }

        @Override
        public @Nullable DealFile forget(DealFile file, Instant now) {
            DealFile kept = file.settledAt(now).withoutRuns(run -> settings.noLongerWatched(run, now));
            DealFile left = expiresAt(kept).isAfter(now) ? kept : kept.withoutPast();
            return left.isEmpty() ? null : left;
        }

        /** A deal may be restored under its id for as long as days may change. */
        @Override
        public Instant expiresAt(DealFile file) {
            Instant deleted = file.deletedAt();
            return deleted == null ? Instant.MAX : deleted.plus(Duration.ofDays(settings.freezeDays()));
        }
    }

    /** A lead with the deals that name it, from changes of either. */
    record Leads(List<Kpi> kpis) implements EntityModel<LeadFile> {

        @Override
        public @Nullable LeadFile fold(@Nullable LeadFile known, RowChange change) {
            LeadFile file = known == null ? LeadFile.EMPTY : known;
            LeadFile changed =
                    switch (change.table()) {
                        case LEADS -> file.with(change.lead());
                        case DEALS -> file.with(change.id(), change.deal());
                        case PIPELINES, PIPELINE_STAGES, ACTIVITIES, AUTOMATION_RUNS, ACQUISITION_METRICS ->
                            throw notPartOf("a lead", change.table());
                    };
            return changed.isEmpty() ? null : changed;
        }

        @Override
        public void contribute(LeadFile file, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(file, to));
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
                            throw notPartOf("a pipeline", change.table());
                    };
            return changed.isEmpty() ? null : changed;
        }

        @Override
        public void contribute(PipelineBoard board, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(board, to));
        }
    }

    /** An automation run, from changes of its own row. */
    record Runs(List<Kpi> kpis, KpiSettings settings) implements EntityModel<AutomationRun> {

        @Override
        public @Nullable AutomationRun fold(@Nullable AutomationRun run, RowChange change) {
            return change.run();
        }

        @Override
        public void contribute(AutomationRun run, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(run, to));
        }

        @Override
        public @Nullable AutomationRun forget(AutomationRun run, Instant now) {
            return settings.isFrozen(run, now) ? null : run;
        }
    }

    /** What a source brought on a day, from changes of its own row. */
    record Metrics(List<Kpi> kpis, KpiSettings settings) implements EntityModel<AcquisitionMetric> {

        @Override
        public @Nullable AcquisitionMetric fold(@Nullable AcquisitionMetric metric, RowChange change) {
            return change.metric();
        }

        @Override
        public void contribute(AcquisitionMetric metric, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(metric, to));
        }

        @Override
        public @Nullable AcquisitionMetric forget(AcquisitionMetric metric, Instant now) {
            return settings.endOfLookback(metric.capturedDate()).isAfter(now) ? metric : null;
        }
    }
}
