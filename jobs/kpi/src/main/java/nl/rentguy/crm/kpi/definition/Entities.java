package nl.rentguy.crm.kpi.definition;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Contact;
import nl.rentguy.crm.kpi.crm.Contacts;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealAggregate;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.LeadAggregate;
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineAggregate;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.EntityModel;
import org.jspecify.annotations.Nullable;

/** The kinds of entities, each contributing to every KPI that is about it. */
final class Entities {

    private static final long MICROS_OF_MILLI = 1_000;

    private Entities() {}

    private static IllegalArgumentException notPartOf(String entity, CrmTable table) {
        return new IllegalArgumentException(table + " is not part of " + entity);
    }

    /** A deal with its past and when its activities occur, from changes of its row and of activities. */
    record Deals(List<Kpi> kpis, KpiSettings settings) implements EntityModel<DealAggregate> {

        @Override
        public @Nullable DealAggregate fold(@Nullable DealAggregate known, RowChange change) {
            DealAggregate aggregate = known == null ? DealAggregate.EMPTY : known;
            DealAggregate changed =
                    switch (change.table()) {
                        case DEALS -> withDeal(aggregate, change);
                        case ACTIVITIES ->
                            aggregate.withContact(change.before(Contact.class), change.row(Contact.class));
                        case LEADS, PIPELINES, PIPELINE_STAGES, AUTOMATION_RUNS, ACQUISITION_METRICS ->
                            throw notPartOf("a deal", change.table());
                    };
            return changed.isEmpty() ? null : changed;
        }

        private static DealAggregate withDeal(DealAggregate aggregate, RowChange change) {
            PastDeal past = change.row(PastDeal.class);
            if (past != null) {
                return aggregate.withPast(past);
            }
            Deal deal = change.row(Deal.class);
            return deal == null
                    ? aggregate.withoutDeal(Instant.ofEpochMilli(change.committedAt()))
                    : aggregate.withVersion(deal.after(
                            aggregate.history() == null
                                    ? null
                                    : aggregate.history().deal()));
        }

        @Override
        public boolean movesToAnotherTenant(DealAggregate before, DealAggregate after) {
            DealHistory was = before.history();
            DealHistory is = after.history();
            return was != null
                    && is != null
                    && !was.deal().tenantId().equals(is.deal().tenantId());
        }

        @Override
        public CrmRow.@Nullable Part part(DealAggregate aggregate) {
            return aggregate.history() == null
                    ? null
                    : DealOfLead.of(aggregate.history().deal());
        }

        @Override
        public void contribute(DealAggregate aggregate, long from, long until, Contributions to) {
            DealHistory history = aggregate.history();
            if (history != null) {
                contribute(history, to);
                contributeVisits(history, 0, to);
                contributeGaps(history, aggregate.contacts(), from, to);
            }
            aggregate
                    .contacts()
                    .instants()
                    .forEach((channel, instants) -> contribute(channel, instants, from, until, to));
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // what was not touched is the same object
        public void difference(
                @Nullable DealAggregate before,
                @Nullable DealAggregate after,
                long now,
                Contributions lost,
                Contributions gained) {
            DealHistory was = before == null ? null : before.history();
            DealHistory is = after == null ? null : after.history();
            Contacts were = before == null ? Contacts.NONE : before.contacts();
            Contacts are = after == null ? Contacts.NONE : after.contacts();
            if (was != is) {
                int same = was == null || is == null ? 0 : sameVisits(was, is);
                differ(was, same, lost);
                differ(is, same, gained);
            }
            if (was != is || were != are) {
                contributeGaps(was, were, now, lost);
                contributeGaps(is, are, now, gained);
            }
            if (were != are) {
                were.instants().forEach((channel, instants) -> {
                    if (are.instants().get(channel) != instants) {
                        contribute(channel, instants, now, now, lost);
                    }
                });
                are.instants().forEach((channel, instants) -> {
                    if (were.instants().get(channel) != instants) {
                        contribute(channel, instants, now, now, gained);
                    }
                });
            }
        }

        private void differ(@Nullable DealHistory history, int sameVisits, Contributions to) {
            if (history != null) {
                contribute(history, to);
                contributeVisits(history, sameVisits, to);
            }
        }

        /** How many of the stages that a deal has left say the same before and after: they are added, and never change. */
        private static int sameVisits(DealHistory was, DealHistory is) {
            int size = was.leftVisits().size();
            return was.deal().tenantId().equals(is.deal().tenantId())
                            && was.deal().currency().equals(is.deal().currency())
                            && size <= is.leftVisits().size()
                            && (size == 0
                                    || was.leftVisits()
                                            .get(size - 1)
                                            .equals(is.leftVisits().get(size - 1)))
                    ? size
                    : 0;
        }

        private void contribute(DealHistory history, Contributions to) {
            for (Kpi kpi : kpis) {
                kpi.contribute(history, to);
            }
        }

        private void contributeVisits(DealHistory history, int from, Contributions to) {
            for (StageVisit left :
                    history.leftVisits().subList(from, history.leftVisits().size())) {
                for (Kpi kpi : kpis) {
                    kpi.contribute(history.deal(), left, to);
                }
            }
        }

        /** From the last activity before that instant on. */
        private void contributeGaps(@Nullable DealHistory history, Contacts contacts, long from, Contributions to) {
            if (history == null) {
                return;
            }
            String tenant = history.deal().tenantId();
            Long last = contacts.lastUntil(tenant, micros(from));
            Instant activity = last == null ? history.deal().createdAt() : Contacts.instant(last);
            long after = last == null ? Long.MIN_VALUE : last;
            while (activity.isBefore(Instant.MAX)) {
                Long next = contacts.firstAfter(tenant, after);
                Instant end = next == null ? Instant.MAX : Contacts.instant(next);
                for (Kpi kpi : kpis) {
                    kpi.contribute(history, activity, end, to);
                }
                activity = end;
                after = next == null ? Long.MAX_VALUE : next;
            }
        }

        private void contribute(Contacts.Channel channel, long[] instants, long from, long until, Contributions to) {
            int first = Math.max(0, Contacts.firstAfter(instants, micros(from)) - 1);
            int last = Math.min(instants.length - 1, Contacts.firstAfter(instants, micros(until)));
            for (int i = first; i <= last; i++) {
                Instant activity = Contacts.instant(instants[i]);
                Instant next = i + 1 < instants.length ? Contacts.instant(instants[i + 1]) : Instant.MAX;
                for (Kpi kpi : kpis) {
                    kpi.contribute(channel, activity, next, to);
                }
            }
        }

        private static long micros(long kpiTime) {
            return Math.multiplyExact(kpiTime, MICROS_OF_MILLI);
        }

        @Override
        public @Nullable DealAggregate prune(DealAggregate aggregate, Instant now) {
            DealAggregate kept = aggregate
                    .bootstrappedAt(now)
                    .withoutVisits(left -> !settings.historyFrom(left.leftAt()).isAfter(now));
            DealAggregate left = expiresAt(kept).isAfter(now) ? kept : kept.withoutPast();
            return left.isEmpty() ? null : left;
        }

        /** A deal may be restored under its id for as long as days may change. */
        @Override
        public Instant expiresAt(DealAggregate aggregate) {
            Instant deleted = aggregate.deletedAt();
            return deleted == null ? Instant.MAX : settings.historyFrom(deleted);
        }
    }

    /** A lead with the deals that name it, from changes of either. */
    record Leads(List<Kpi> kpis) implements EntityModel<LeadAggregate> {

        @Override
        public @Nullable LeadAggregate fold(@Nullable LeadAggregate known, RowChange change) {
            LeadAggregate aggregate = known == null ? LeadAggregate.EMPTY : known;
            LeadAggregate changed =
                    switch (change.table()) {
                        case LEADS -> aggregate.with(lead(aggregate, change));
                        case DEALS -> aggregate.with(change.id(), change.row(DealOfLead.class));
                        case PIPELINES, PIPELINE_STAGES, ACTIVITIES, AUTOMATION_RUNS, ACQUISITION_METRICS ->
                            throw notPartOf("a lead", change.table());
                    };
            return changed.isEmpty() ? null : changed;
        }

        private static @Nullable Lead lead(LeadAggregate aggregate, RowChange change) {
            Lead lead = change.row(Lead.class);
            return lead == null ? null : lead.after(aggregate.lead());
        }

        @Override
        public void contribute(LeadAggregate aggregate, long from, long until, Contributions to) {
            contribute(aggregate, to);
            contribute(aggregate, aggregate.deals().all(), to);
        }

        @Override
        public void difference(
                @Nullable LeadAggregate before,
                @Nullable LeadAggregate after,
                long now,
                Contributions lost,
                Contributions gained) {
            if (before == null || after == null || !Objects.equals(before.lead(), after.lead())) {
                EntityModel.super.difference(before, after, now, lost, gained);
                return;
            }
            if (before.hasDeals() != after.hasDeals() || before.isWon() != after.isWon()) {
                contribute(before, lost);
                contribute(after, gained);
            }
            contribute(before, before.deals().notIn(after.deals()), lost);
            contribute(after, after.deals().notIn(before.deals()), gained);
        }

        private void contribute(LeadAggregate aggregate, Contributions to) {
            Lead lead = aggregate.lead();
            if (lead != null) {
                kpis.forEach(kpi -> kpi.contribute(lead, aggregate.hasDeals(), aggregate.isWon(), to));
            }
        }

        private void contribute(LeadAggregate aggregate, Map<Long, DealOfLead> deals, Contributions to) {
            Lead lead = aggregate.lead();
            for (DealOfLead deal : deals.values()) {
                Lead own = lead != null && lead.tenantId().equals(deal.tenantId()) ? lead : null;
                kpis.forEach(kpi -> kpi.contribute(deal, own, to));
            }
        }
    }

    /** A pipeline with its stages, from changes of either. */
    record Pipelines(List<Kpi> kpis) implements EntityModel<PipelineAggregate> {

        @Override
        public @Nullable PipelineAggregate fold(@Nullable PipelineAggregate known, RowChange change) {
            PipelineAggregate aggregate = known == null ? PipelineAggregate.EMPTY : known;
            PipelineAggregate changed =
                    switch (change.table()) {
                        case PIPELINES -> aggregate.with(change.row(Pipeline.class));
                        case PIPELINE_STAGES -> aggregate.with(change.id(), change.row(Stage.class));
                        case LEADS, DEALS, ACTIVITIES, AUTOMATION_RUNS, ACQUISITION_METRICS ->
                            throw notPartOf("a pipeline", change.table());
                    };
            return changed.isEmpty() ? null : changed;
        }

        @Override
        public void contribute(PipelineAggregate aggregate, long from, long until, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(aggregate, to));
        }
    }

    /** A stage, which contributes as a part of its pipeline. */
    record Stages() implements EntityModel<Stage> {

        @Override
        public @Nullable Stage fold(@Nullable Stage stage, RowChange change) {
            return change.row(Stage.class);
        }

        @Override
        public CrmRow.Part part(Stage stage) {
            return stage;
        }

        @Override
        public void contribute(Stage stage, long from, long until, Contributions to) {
            // Its pipeline does.
        }
    }

    /** An activity, from changes of its own row. */
    record Activities(List<Kpi> kpis) implements EntityModel<Activity> {

        @Override
        public @Nullable Activity fold(@Nullable Activity activity, RowChange change) {
            return change.row(Activity.class);
        }

        @Override
        public CrmRow.Part part(Activity activity) {
            return Contact.of(activity);
        }

        @Override
        public void contribute(Activity activity, long from, long until, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(activity, to));
        }
    }

    /** An automation run, from changes of its own row. */
    record Runs(List<Kpi> kpis, KpiSettings settings) implements EntityModel<AutomationRun> {

        @Override
        public @Nullable AutomationRun fold(@Nullable AutomationRun run, RowChange change) {
            return change.row(AutomationRun.class);
        }

        @Override
        public void contribute(AutomationRun run, long from, long until, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(run, to));
        }

        @Override
        public @Nullable AutomationRun prune(AutomationRun run, Instant now) {
            return expiresAt(run).isAfter(now) ? run : null;
        }

        @Override
        public Instant expiresAt(AutomationRun run) {
            return settings.forgottenAt(run);
        }
    }

    /** What a source brought on a day, from changes of its own row. */
    record Metrics(List<Kpi> kpis, KpiSettings settings) implements EntityModel<AcquisitionMetric> {

        @Override
        public @Nullable AcquisitionMetric fold(@Nullable AcquisitionMetric metric, RowChange change) {
            AcquisitionMetric changed = change.row(AcquisitionMetric.class);
            return changed == null ? null : changed.after(metric);
        }

        @Override
        public void contribute(AcquisitionMetric metric, long from, long until, Contributions to) {
            kpis.forEach(kpi -> kpi.contribute(metric, to));
        }

        @Override
        public @Nullable AcquisitionMetric prune(AcquisitionMetric metric, Instant now) {
            return expiresAt(metric).isAfter(now) ? metric : null;
        }

        @Override
        public Instant expiresAt(AcquisitionMetric metric) {
            return settings.forgottenAt(metric);
        }
    }
}
