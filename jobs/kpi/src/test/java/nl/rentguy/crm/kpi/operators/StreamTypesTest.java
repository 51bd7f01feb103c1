package nl.rentguy.crm.kpi.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Contact;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealAggregate;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.LeadAggregate;
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineAggregate;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.Aggregate;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.engine.Measures;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that travels or rests in state comes back as it went, with Kryo forbidden, nulls included. */
class StreamTypesTest {

    private static final Instant AT = Instant.parse("2026-11-22T06:17:55.009103Z");
    private static final Deal DEAL = new Deal(
            1, "mrdj", null, 2, 3, "Wedding", 123_450, "EUR", LocalDate.EPOCH, 40, Deal.Outcome.OPEN, AT, AT, AT);
    private static final AutomationRun RUN = new AutomationRun(1, "mrdj", 1L, "w", AutomationRun.Status.OPEN, AT, null);
    private static final Lead LEAD = new Lead(1, "mrdj", null, AT);
    private static final Activity TASK = new Activity(1, "mrdj", 1, "task", AT, AT, false);
    private static final DealHistory HISTORY = new DealHistory(
            DEAL, 2, AT, true, null, null, List.of(new StageVisit(1, 2, 4, AT, AT, StageVisit.End.MOVED, 5, "EUR")));
    private static final DealOfLead DEAL_OF_LEAD = new DealOfLead(1, "mrdj", Deal.Outcome.WON, 123_450, "EUR", AT);
    private static final PastDeal PAST = new PastDeal(1, "mrdj", 2, HISTORY);
    private static final AggregateKey AGGREGATE_KEY =
            new AggregateKey("crm_automation_sla", List.of("mrdj", "w", "2026-11-22"));

    static Stream<Arguments> types() {
        return Stream.of(
                Arguments.of(StreamTypes.ENTITY_CHANGE, EntityChange.ofOwnRow(RowChange.of(DEAL, 5))),
                Arguments.of(StreamTypes.ENTITY_CHANGE, EntityChange.ofOwnRow(RowChange.of(RUN, 5))),
                Arguments.of(
                        StreamTypes.ENTITY_CHANGE,
                        EntityChange.ofOwnRow(RowChange.of(new Stage(1, 2, "Intake", 3), RowChange.IN_SNAPSHOT))),
                Arguments.of(
                        StreamTypes.ENTITY_CHANGE,
                        EntityChange.ofOwnRow(RowChange.of(new Pipeline(1, "mrdj", "Sales"), 5))),
                Arguments.of(
                        StreamTypes.ENTITY_CHANGE, EntityChange.ofOwnRow(RowChange.deletion(CrmTable.DEALS, 9, 5))),
                Arguments.of(StreamTypes.ENTITY_CHANGE, EntityChange.ofOwnRow(RowChange.of(LEAD, 5))),
                Arguments.of(StreamTypes.ENTITY_CHANGE, EntityChange.ofOwnRow(RowChange.of(TASK, 5))),
                Arguments.of(StreamTypes.ENTITY_CHANGE, EntityChange.ofOwnRow(RowChange.ofPast(PAST))),
                Arguments.of(
                        StreamTypes.ENTITY_CHANGE,
                        EntityChange.ofOwnRow(new RowChange(CrmTable.DEALS, 1, 5, null, DEAL_OF_LEAD))),
                Arguments.of(
                        StreamTypes.ENTITY_CHANGE,
                        EntityChange.ofOwnRow(
                                new RowChange(CrmTable.ACTIVITIES, 1, 5, Contact.of(TASK), Contact.of(TASK)))),
                Arguments.of(StreamTypes.COMMIT_CLOCK, new CommitClockOperator.State(5, 4, Long.MIN_VALUE)),
                Arguments.of(
                        StreamTypes.ENTITY_STATE,
                        EntityStateSerializer.INSTANCE.pack(new EntityState(
                                DealAggregate.EMPTY
                                        .withPast(PAST)
                                        .withVersion(DEAL)
                                        .withContact(null, Contact.of(TASK))
                                        .withContact(null, new Contact(1, "mrdj", "call", AT.minusSeconds(1))),
                                5,
                                6))),
                Arguments.of(
                        StreamTypes.ENTITY_STATE,
                        EntityStateSerializer.INSTANCE.pack(
                                new EntityState(LeadAggregate.EMPTY.with(LEAD).with(1, DEAL_OF_LEAD), 5, 6))),
                Arguments.of(
                        StreamTypes.ENTITY_STATE,
                        EntityStateSerializer.INSTANCE.pack(
                                new EntityState(PipelineAggregate.EMPTY.with(1, new Stage(1, 2, "Intake", 3)), 5, 6))),
                Arguments.of(
                        StreamTypes.ENTITY_STATE,
                        EntityStateSerializer.INSTANCE.pack(new EntityState(RUN, 5, Long.MAX_VALUE))),
                Arguments.of(
                        StreamTypes.DELTA,
                        new Delta(
                                new AccumulatorKey(AGGREGATE_KEY, List.of()),
                                5,
                                new Measures(new long[] {1, -2}, new long[] {300_000_000, -1}))),
                Arguments.of(
                        StreamTypes.MEASURES,
                        new Measures(new long[] {1, Long.MIN_VALUE}, new long[] {0, -1}, new long[] {5, 1})),
                Arguments.of(
                        StreamTypes.AGGREGATE,
                        AggregateSerializer.INSTANCE.pack(Aggregate.NONE
                                .plus(List.of("deals", "EUR"), new Measures(new long[] {1}), 20)
                                .reached(20)
                                .plus(List.of("deals", "USD"), new Measures(new long[] {2}), 40))),
                Arguments.of(
                        StreamTypes.AGGREGATE,
                        AggregateSerializer.INSTANCE.pack(Aggregate.NONE
                                .plus(List.of("deals", "EUR"), new Measures(new long[] {1}), 20)
                                .reached(20))),
                Arguments.of(
                        StreamTypes.SOURCE_PROGRESS,
                        new SourceProgress(
                                Map.of("crm_deals", new SourceProgress.TableProgress(1, 2, 3, 4, 5)),
                                Map.of("crm_deals.status = Paused", 6L),
                                7,
                                8)),
                Arguments.of(
                        StreamTypes.KPI_STATUS,
                        new KpiStatus(KpiStatus.Phase.DEGRADED, "p", AT, 1, null, 0.5, 2, 3, Map.of("w", 4L))),
                Arguments.of(StreamTypes.AGGREGATE_KEY, AGGREGATE_KEY),
                Arguments.of(StreamTypes.ENTITY_ID, new EntityId(EntityKind.METRIC, Long.MIN_VALUE)),
                Arguments.of(
                        StreamTypes.ENTITY_STATE,
                        EntityStateSerializer.INSTANCE.pack(new EntityState(TASK, KpiTime.NONE, 6))),
                Arguments.of(StreamTypes.DEAD_LETTER, new DeadLetter("crm_deals", 1, "missing_value", "m", "{}", "ab")),
                Arguments.of(
                        StreamTypes.TABLE_ROW,
                        new TableRow(
                                "crm_automation_sla",
                                List.of("mrdj", "w", LocalDate.of(2026, 11, 22), 7L, 3),
                                Arrays.asList(
                                        1L, 2, null, new BigDecimal("-0.250000"), AT, LocalDate.MIN, "é", Instant.MAX),
                                5)),
                Arguments.of(StreamTypes.TABLE_ROW, new TableRow("t", List.of("mrdj"), null, Long.MIN_VALUE)),
                Arguments.of(StreamTypes.TABLE_ROW, TableRow.moved("t", List.of("mrdj"), 5)),
                Arguments.of(
                        StreamTypes.WRITER_STATE,
                        new WriteOperator.WriterState(1, 2, new Kpis(KpiSettings.DEFAULTS).definition())));
    }

    @ParameterizedTest
    @MethodSource("types")
    <T> void comesBackAsItWent(TypeInformation<T> type, T value) throws IOException {
        SerializerConfigImpl noKryo = new SerializerConfigImpl();
        noKryo.setGenericTypes(false);
        TypeSerializer<T> serializer = type.createSerializer(noKryo);
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        assertThat(serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer())))
                .isEqualTo(value);
        assertThat(serializer.copy(value)).isEqualTo(value);
    }

    /** As with saved state: what was saved tells by which serializer. */
    @ParameterizedTest
    @MethodSource("types")
    <T> void isReadByTheSerializerThatItsSavedStateNames(TypeInformation<T> type, T value) throws IOException {
        TypeSerializer<T> serializer = type.createSerializer(new SerializerConfigImpl());
        DataOutputSerializer out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(out, serializer.snapshotConfiguration());
        serializer.serialize(value, out);
        DataInputDeserializer in = new DataInputDeserializer(out.getCopyOfBuffer());
        TypeSerializerSnapshot<T> saved =
                TypeSerializerSnapshot.readVersionedSnapshot(in, getClass().getClassLoader());
        assertThat(saved.restoreSerializer().deserialize(in)).isEqualTo(value);
        assertThat(serializer
                        .snapshotConfiguration()
                        .resolveSchemaCompatibility(saved)
                        .isCompatibleAsIs())
                .isTrue();
    }
}
