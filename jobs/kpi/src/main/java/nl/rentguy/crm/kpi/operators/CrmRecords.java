package nl.rentguy.crm.kpi.operators;

import static java.util.stream.Collectors.toMap;
import static nl.rentguy.crm.kpi.operators.RecordSerializer.readNumber;
import static nl.rentguy.crm.kpi.operators.RecordSerializer.readShared;
import static nl.rentguy.crm.kpi.operators.RecordSerializer.readSharedOrNull;
import static nl.rentguy.crm.kpi.operators.RecordSerializer.writeNumber;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.ById;
import nl.rentguy.crm.kpi.crm.Contact;
import nl.rentguy.crm.kpi.crm.Contacts;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealAggregate;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.Entity;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.LeadAggregate;
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineAggregate;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StageVisit;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;
import org.jspecify.annotations.Nullable;

/** How rows of the CRM, their changes and entities are written: they travel and rest more than anything else. */
final class CrmRecords {

    /** Which record it is. Tags stand in saved state. */
    private enum Kind {
        LEAD(1, Lead.class),
        PIPELINE(2, Pipeline.class),
        STAGE(3, Stage.class),
        DEAL(4, Deal.class),
        ACTIVITY(5, Activity.class),
        RUN(6, AutomationRun.class),
        METRIC(7, AcquisitionMetric.class),
        PAST_DEAL(10, PastDeal.class),
        DEAL_OF_LEAD(11, DealOfLead.class),
        CONTACT(12, Contact.class),
        DEAL_AGGREGATE(14, DealAggregate.class),
        LEAD_AGGREGATE(15, LeadAggregate.class),
        PIPELINE_AGGREGATE(16, PipelineAggregate.class);

        private static final Map<Class<?>, Kind> BY_TYPE =
                Arrays.stream(values()).collect(toMap(kind -> kind.type, kind -> kind));

        private static final Map<Integer, Kind> BY_TAG =
                Arrays.stream(values()).collect(toMap(kind -> kind.tag, kind -> kind));

        private final int tag;
        private final Class<?> type;

        Kind(int tag, Class<?> type) {
            this.tag = tag;
            this.type = type;
        }

        static Kind of(Object value) {
            return Objects.requireNonNull(BY_TYPE.get(value.getClass()));
        }
    }

    private static final int NOTHING = 0;

    private CrmRecords() {}

    static void write(Entity entity, DataOutputView target) throws IOException {
        writeAny(entity, target);
    }

    /** Reads what {@link #write(Entity, DataOutputView)} has written. */
    static Entity readEntity(DataInputView source) throws IOException {
        if (readAny(source) instanceof Entity entity) {
            return entity;
        }
        throw new IOException("an entity is missing");
    }

    private static void writeAny(@Nullable Object value, DataOutputView target) throws IOException {
        if (value == null) {
            target.writeByte(NOTHING);
            return;
        }
        Kind kind = Kind.of(value);
        target.writeByte(kind.tag);
        switch (kind) {
            case LEAD -> write((Lead) value, target);
            case PIPELINE -> write((Pipeline) value, target);
            case STAGE -> write((Stage) value, target);
            case DEAL -> write((Deal) value, target);
            case ACTIVITY -> write((Activity) value, target);
            case RUN -> write((AutomationRun) value, target);
            case METRIC -> write((AcquisitionMetric) value, target);
            case PAST_DEAL -> write((PastDeal) value, target);
            case DEAL_OF_LEAD -> write((DealOfLead) value, target);
            case CONTACT -> write((Contact) value, target);
            case DEAL_AGGREGATE -> write((DealAggregate) value, target);
            case LEAD_AGGREGATE -> write((LeadAggregate) value, target);
            case PIPELINE_AGGREGATE -> write((PipelineAggregate) value, target);
        }
    }

    private static @Nullable Object readAny(DataInputView source) throws IOException {
        int tag = source.readByte();
        if (tag == NOTHING) {
            return null;
        }
        Kind kind = Kind.BY_TAG.get(tag);
        if (kind == null) {
            throw new IOException("there is no record of kind " + tag);
        }
        return switch (kind) {
            case LEAD -> lead(source);
            case PIPELINE -> pipeline(source);
            case STAGE -> stage(source);
            case DEAL -> deal(source);
            case ACTIVITY -> activity(source);
            case RUN -> run(source);
            case METRIC -> metric(source);
            case PAST_DEAL -> pastDeal(source);
            case DEAL_OF_LEAD -> dealOfLead(source);
            case CONTACT -> contact(source);
            case DEAL_AGGREGATE -> dealAggregate(source);
            case LEAD_AGGREGATE -> leadAggregate(source);
            case PIPELINE_AGGREGATE -> pipelineAggregate(source);
        };
    }

    private static void write(Lead lead, DataOutputView target) throws IOException {
        writeNumber(lead.id(), target);
        StringValue.writeString(lead.tenantId(), target);
        StringValue.writeString(lead.source(), target);
        writeInstant(lead.createdAt(), target);
    }

    private static Lead lead(DataInputView source) throws IOException {
        return new Lead(readNumber(source), readShared(source), readSharedOrNull(source), instant(source));
    }

    private static void write(Pipeline pipeline, DataOutputView target) throws IOException {
        writeNumber(pipeline.id(), target);
        StringValue.writeString(pipeline.tenantId(), target);
        StringValue.writeString(pipeline.name(), target);
    }

    private static Pipeline pipeline(DataInputView source) throws IOException {
        return new Pipeline(readNumber(source), readShared(source), readShared(source));
    }

    private static void write(Stage stage, DataOutputView target) throws IOException {
        writeNumber(stage.id(), target);
        writeNumber(stage.pipelineId(), target);
        StringValue.writeString(stage.name(), target);
        writeNumber(stage.order(), target);
    }

    private static Stage stage(DataInputView source) throws IOException {
        return new Stage(readNumber(source), readNumber(source), readShared(source), (int) readNumber(source));
    }

    private static void write(Deal deal, DataOutputView target) throws IOException {
        writeNumber(deal.id(), target);
        StringValue.writeString(deal.tenantId(), target);
        writeOptional(deal.leadId(), target);
        writeNumber(deal.pipelineId(), target);
        writeNumber(deal.stageId(), target);
        StringValue.writeString(deal.title(), target);
        writeNumber(deal.valueCents(), target);
        StringValue.writeString(deal.currency(), target);
        LocalDate expected = deal.expectedClose();
        writeOptional(expected == null ? null : expected.toEpochDay(), target);
        writeNumber(deal.probability(), target);
        StringValue.writeString(deal.outcome().name(), target);
        writeInstant(deal.createdAt(), target);
        writeInstant(deal.updatedAt(), target);
        writeInstant(deal.committedAt(), target);
    }

    private static Deal deal(DataInputView source) throws IOException {
        return new Deal(
                readNumber(source),
                readShared(source),
                optional(source),
                readNumber(source),
                readNumber(source),
                StringValue.readString(source),
                readNumber(source),
                readShared(source),
                day(optional(source)),
                (int) readNumber(source),
                Deal.Outcome.valueOf(readShared(source)),
                instant(source),
                instant(source),
                anyInstant(source));
    }

    private static @Nullable LocalDate day(@Nullable Long epochDay) {
        return epochDay == null ? null : LocalDate.ofEpochDay(epochDay);
    }

    private static void write(Activity activity, DataOutputView target) throws IOException {
        writeNumber(activity.id(), target);
        StringValue.writeString(activity.tenantId(), target);
        writeNumber(activity.dealId(), target);
        StringValue.writeString(activity.type(), target);
        writeInstant(activity.occurredAt(), target);
        writeInstant(activity.dueAt(), target);
        target.writeBoolean(activity.done());
    }

    private static Activity activity(DataInputView source) throws IOException {
        return new Activity(
                readNumber(source),
                readShared(source),
                readNumber(source),
                readShared(source),
                instant(source),
                anyInstant(source),
                source.readBoolean());
    }

    private static void write(AutomationRun run, DataOutputView target) throws IOException {
        writeNumber(run.id(), target);
        StringValue.writeString(run.tenantId(), target);
        writeOptional(run.dealId(), target);
        StringValue.writeString(run.workflowId(), target);
        StringValue.writeString(run.status().name(), target);
        writeInstant(run.createdAt(), target);
        writeInstant(run.completedAt(), target);
    }

    private static AutomationRun run(DataInputView source) throws IOException {
        return new AutomationRun(
                readNumber(source),
                readShared(source),
                optional(source),
                readShared(source),
                AutomationRun.Status.valueOf(readShared(source)),
                instant(source),
                anyInstant(source));
    }

    private static void write(AcquisitionMetric metric, DataOutputView target) throws IOException {
        writeNumber(metric.id(), target);
        StringValue.writeString(metric.tenantId(), target);
        StringValue.writeString(metric.channel(), target);
        StringValue.writeString(metric.source(), target);
        writeNumber(metric.capturedDate().toEpochDay(), target);
        writeNumber(metric.sessions(), target);
        writeNumber(metric.newUsers(), target);
        writeNumber(metric.engagedSessions(), target);
        writeNumber(metric.gaConversions(), target);
        writeNumber(metric.gaConversionCents(), target);
        writeNumber(metric.gtmConversions(), target);
        writeNumber(metric.gtmConversionCents(), target);
        StringValue.writeString(metric.gaPropertyId(), target);
        StringValue.writeString(metric.gtmContainerId(), target);
    }

    private static AcquisitionMetric metric(DataInputView source) throws IOException {
        return new AcquisitionMetric(
                readNumber(source),
                readShared(source),
                readSharedOrNull(source),
                readSharedOrNull(source),
                LocalDate.ofEpochDay(readNumber(source)),
                readNumber(source),
                readNumber(source),
                readNumber(source),
                readNumber(source),
                readNumber(source),
                readNumber(source),
                readNumber(source),
                readSharedOrNull(source),
                readSharedOrNull(source));
    }

    private static void write(StageVisit visit, DataOutputView target) throws IOException {
        writeNumber(visit.number(), target);
        writeNumber(visit.pipelineId(), target);
        writeNumber(visit.stageId(), target);
        writeInstant(visit.enteredAt(), target);
        writeInstant(visit.leftAt(), target);
        StringValue.writeString(visit.end().name(), target);
        writeNumber(visit.valueCents(), target);
        StringValue.writeString(visit.currency(), target);
    }

    private static StageVisit visit(DataInputView source) throws IOException {
        return new StageVisit(
                (int) readNumber(source),
                readNumber(source),
                readNumber(source),
                instant(source),
                instant(source),
                StageVisit.End.valueOf(readShared(source)),
                readNumber(source),
                readShared(source));
    }

    private static void write(DealHistory history, DataOutputView target) throws IOException {
        write(history.deal(), target);
        writeNumber(history.visit(), target);
        writeInstant(history.stageEnteredAt(), target);
        target.writeBoolean(history.reopened());
        writeInstant(history.closedAt(), target);
        StageVisit closed = history.closedVisit();
        target.writeBoolean(closed != null);
        if (closed != null) {
            write(closed, target);
        }
        writeNumber(history.leftVisits().size(), target);
        for (StageVisit left : history.leftVisits()) {
            write(left, target);
        }
    }

    private static DealHistory history(DataInputView source) throws IOException {
        Deal deal = deal(source);
        int visit = (int) readNumber(source);
        Instant entered = instant(source);
        boolean reopened = source.readBoolean();
        Instant closedAt = anyInstant(source);
        StageVisit closed = source.readBoolean() ? visit(source) : null;
        int size = (int) readNumber(source);
        List<StageVisit> left = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            left.add(visit(source));
        }
        return new DealHistory(deal, visit, entered, reopened, closedAt, closed, left);
    }

    private static void write(PastDeal past, DataOutputView target) throws IOException {
        writeNumber(past.dealId(), target);
        StringValue.writeString(past.tenantId(), target);
        writeNumber(past.lastVisit(), target);
        DealHistory history = past.history();
        target.writeBoolean(history != null);
        if (history != null) {
            write(history, target);
        }
    }

    private static PastDeal pastDeal(DataInputView source) throws IOException {
        return new PastDeal(
                readNumber(source),
                readShared(source),
                (int) readNumber(source),
                source.readBoolean() ? history(source) : null);
    }

    private static void write(DealOfLead deal, DataOutputView target) throws IOException {
        writeNumber(deal.leadId(), target);
        StringValue.writeString(deal.tenantId(), target);
        StringValue.writeString(deal.outcome().name(), target);
        writeNumber(deal.valueCents(), target);
        StringValue.writeString(deal.currency(), target);
        writeInstant(deal.createdAt(), target);
    }

    private static DealOfLead dealOfLead(DataInputView source) throws IOException {
        return new DealOfLead(
                readNumber(source),
                readShared(source),
                Deal.Outcome.valueOf(readShared(source)),
                readNumber(source),
                readShared(source),
                instant(source));
    }

    private static void write(Contact contact, DataOutputView target) throws IOException {
        writeNumber(contact.dealId(), target);
        StringValue.writeString(contact.tenantId(), target);
        StringValue.writeString(contact.type(), target);
        writeInstant(contact.occurredAt(), target);
    }

    private static Contact contact(DataInputView source) throws IOException {
        return new Contact(readNumber(source), readShared(source), readShared(source), instant(source));
    }

    static void write(RowChange change, DataOutputView target) throws IOException {
        StringValue.writeString(change.table().name(), target);
        writeNumber(change.id(), target);
        target.writeLong(change.committedAt());
        writeAny(change.row(), target);
        writeAny(change.before(), target);
    }

    /** Reads what {@link #write(RowChange, DataOutputView)} has written. */
    static RowChange readChange(DataInputView source) throws IOException {
        return new RowChange(
                CrmTable.valueOf(readShared(source)),
                readNumber(source),
                source.readLong(),
                (CrmRow) readAny(source),
                (CrmRow) readAny(source));
    }

    private static void write(DealAggregate aggregate, DataOutputView target) throws IOException {
        DealHistory history = aggregate.history();
        target.writeBoolean(history != null);
        if (history != null) {
            write(history, target);
        }
        writeAny(aggregate.remembered(), target);
        writeNumber(aggregate.versions().size(), target);
        for (Deal version : aggregate.versions()) {
            write(version, target);
        }
        target.writeBoolean(aggregate.bootstrapped());
        writeNumber(aggregate.pastVisits(), target);
        writeInstant(aggregate.deletedAt(), target);
        writeNumber(aggregate.contacts().instants().size(), target);
        for (Map.Entry<Contacts.Channel, long[]> channel :
                aggregate.contacts().instants().entrySet()) {
            StringValue.writeString(channel.getKey().tenantId(), target);
            StringValue.writeString(channel.getKey().type(), target);
            writeNumber(channel.getValue().length, target);
            long before = 0;
            for (long instant : channel.getValue()) {
                writeNumber(instant - before, target);
                before = instant;
            }
        }
    }

    private static DealAggregate dealAggregate(DataInputView source) throws IOException {
        DealHistory history = source.readBoolean() ? history(source) : null;
        PastDeal remembered = (PastDeal) readAny(source);
        int size = (int) readNumber(source);
        List<Deal> versions = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            versions.add(deal(source));
        }
        return new DealAggregate(
                history,
                remembered,
                versions,
                source.readBoolean(),
                (int) readNumber(source),
                anyInstant(source),
                contacts(source));
    }

    private static Contacts contacts(DataInputView source) throws IOException {
        int size = (int) readNumber(source);
        Map<Contacts.Channel, long[]> channels = new HashMap<>();
        for (int i = 0; i < size; i++) {
            Contacts.Channel channel = new Contacts.Channel(readShared(source), readShared(source));
            long[] instants = new long[(int) readNumber(source)];
            long before = 0;
            for (int j = 0; j < instants.length; j++) {
                before += readNumber(source);
                instants[j] = before;
            }
            channels.put(channel, instants);
        }
        return size == 0 ? Contacts.NONE : new Contacts(channels);
    }

    private static void write(LeadAggregate aggregate, DataOutputView target) throws IOException {
        writeAny(aggregate.lead(), target);
        writeNumber(aggregate.deals().size(), target);
        for (Map.Entry<Long, DealOfLead> deal : aggregate.deals().all().entrySet()) {
            writeNumber(deal.getKey(), target);
            write(deal.getValue(), target);
        }
    }

    private static LeadAggregate leadAggregate(DataInputView source) throws IOException {
        Lead lead = (Lead) readAny(source);
        int size = (int) readNumber(source);
        Map<Long, DealOfLead> deals = new HashMap<>();
        for (int i = 0; i < size; i++) {
            deals.put(readNumber(source), dealOfLead(source));
        }
        return LeadAggregate.of(lead, ById.of(deals));
    }

    private static void write(PipelineAggregate aggregate, DataOutputView target) throws IOException {
        writeAny(aggregate.pipeline(), target);
        writeNumber(aggregate.stages().size(), target);
        for (Stage stage : aggregate.stages().all().values()) {
            write(stage, target);
        }
    }

    private static PipelineAggregate pipelineAggregate(DataInputView source) throws IOException {
        Pipeline pipeline = (Pipeline) readAny(source);
        int size = (int) readNumber(source);
        Map<Long, Stage> stages = new HashMap<>();
        for (int i = 0; i < size; i++) {
            Stage stage = stage(source);
            stages.put(stage.id(), stage);
        }
        return new PipelineAggregate(pipeline, ById.of(stages));
    }

    private static void writeOptional(@Nullable Long number, DataOutputView target) throws IOException {
        target.writeBoolean(number != null);
        if (number != null) {
            writeNumber(number, target);
        }
    }

    private static @Nullable Long optional(DataInputView source) throws IOException {
        return source.readBoolean() ? readNumber(source) : null;
    }

    private static void writeInstant(@Nullable Instant instant, DataOutputView target) throws IOException {
        target.writeBoolean(instant != null);
        if (instant != null) {
            writeNumber(instant.getEpochSecond(), target);
            target.writeInt(instant.getNano());
        }
    }

    private static @Nullable Instant anyInstant(DataInputView source) throws IOException {
        return source.readBoolean() ? Instant.ofEpochSecond(readNumber(source), source.readInt()) : null;
    }

    private static Instant instant(DataInputView source) throws IOException {
        Instant instant = anyInstant(source);
        if (instant == null) {
            throw new IOException("an instant is missing");
        }
        return instant;
    }
}
