package nl.rentguy.crm.kpi.operators;

import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Contact;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.LeadFile;
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Aggregate;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.kpi.Definition;
import nl.rentguy.crm.kpi.operators.CrmRecordSerializer.Kind;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** How everything that travels or rests in state is serialized: by serializers of ours what there is most of, the rest field by field, nothing by Kryo. */
public final class StreamTypes {

    public static final TypeInformation<List<String>> TEXTS = Types.LIST(Types.STRING);

    public static final TypeInformation<Pipeline> PIPELINE = crm(Pipeline.class, Kind.PIPELINE);

    public static final TypeInformation<Stage> STAGE = crm(Stage.class, Kind.STAGE);

    public static final TypeInformation<Deal> DEAL = crm(Deal.class, Kind.DEAL);

    public static final TypeInformation<AutomationRun> RUN = crm(AutomationRun.class, Kind.RUN);

    public static final TypeInformation<AcquisitionMetric> METRIC = crm(AcquisitionMetric.class, Kind.METRIC);

    public static final TypeInformation<Lead> LEAD = crm(Lead.class, Kind.LEAD);

    public static final TypeInformation<Activity> ACTIVITY = crm(Activity.class, Kind.ACTIVITY);

    public static final TypeInformation<StageVisit> STAGE_VISIT = crm(StageVisit.class, Kind.STAGE_VISIT);

    public static final TypeInformation<DealHistory> DEAL_HISTORY = crm(DealHistory.class, Kind.DEAL_HISTORY);

    public static final TypeInformation<PastDeal> PAST_DEAL = crm(PastDeal.class, Kind.PAST_DEAL);

    public static final TypeInformation<DealOfLead> DEAL_OF_LEAD = crm(DealOfLead.class, Kind.DEAL_OF_LEAD);

    public static final TypeInformation<Contact> CONTACT = crm(Contact.class, Kind.CONTACT);

    public static final TypeInformation<DealFile> DEAL_FILE = crm(DealFile.class, Kind.DEAL_FILE);

    public static final TypeInformation<LeadFile> LEAD_FILE = crm(LeadFile.class, Kind.LEAD_FILE);

    public static final TypeInformation<PipelineBoard> PIPELINE_BOARD = crm(PipelineBoard.class, Kind.PIPELINE_BOARD);

    public static final TypeInformation<RowChange> ROW_CHANGE = crm(RowChange.class, Kind.ROW_CHANGE);

    public static final TypeInformation<EntityChange> ENTITY_CHANGE =
            Types.POJO(EntityChange.class, Map.of("entityId", Types.LONG, "change", ROW_CHANGE));

    public static final TypeInformation<Amounts> AMOUNTS = new RecordType<>(Amounts.class, AmountsSerializer.INSTANCE);

    public static final TypeInformation<Aggregate> AGGREGATE =
            new RecordType<>(Aggregate.class, AggregateSerializer.INSTANCE);

    public static final TypeInformation<Cell.Group> GROUP =
            new RecordType<>(Cell.Group.class, GroupSerializer.INSTANCE);

    public static final TypeInformation<Delta> DELTA = new RecordType<>(Delta.class, DeltaSerializer.INSTANCE);

    public static final TypeInformation<DeadLetter> DEAD_LETTER = Types.POJO(
            DeadLetter.class,
            Map.of(
                    "source", Types.STRING,
                    "position", Types.LONG,
                    "reason", Types.STRING,
                    "message", Types.STRING,
                    "payload", Types.STRING,
                    "payloadSha256", Types.STRING));

    public static final TypeInformation<TableProgress> TABLE_PROGRESS = Types.POJO(
            TableProgress.class,
            Map.of(
                    "snapshotRows", Types.LONG,
                    "changes", Types.LONG,
                    "inserts", Types.LONG,
                    "deletes", Types.LONG,
                    "refused", Types.LONG));

    public static final TypeInformation<SourceProgress> SOURCE_PROGRESS = Types.POJO(
            SourceProgress.class,
            Map.of(
                    "tables",
                    Types.MAP(Types.STRING, TABLE_PROGRESS),
                    "unknownWords",
                    Types.MAP(Types.STRING, Types.LONG),
                    "position",
                    Types.LONG,
                    "committedAt",
                    Types.LONG));

    public static final TypeInformation<KpiStatus> KPI_STATUS = Types.POJO(
            KpiStatus.class,
            Map.of(
                    "phase", Types.ENUM(KpiStatus.Phase.class),
                    "problem", Types.STRING,
                    "kpiTime", Types.INSTANT,
                    "position", Types.LONG,
                    "lagSeconds", Types.DOUBLE,
                    "snapshotProgress", Types.DOUBLE,
                    "rowsRead", Types.LONG,
                    "deadLetters", Types.LONG,
                    "unknownWords", Types.MAP(Types.STRING, Types.LONG)));

    public static final TypeInformation<TableRow> TABLE_ROW =
            new RecordType<>(TableRow.class, TableRowSerializer.INSTANCE);

    public static final TypeInformation<CommitClockOperator.State> COMMIT_CLOCK = Types.POJO(
            CommitClockOperator.State.class,
            Map.of("latest", Types.LONG, "latestWhole", Types.LONG, "beginsAt", Types.LONG));

    public static final TypeInformation<Definition> DEFINITION = Types.POJO(
            Definition.class, Map.of("kpis", Types.MAP(Types.STRING, Types.STRING), "captured", Types.STRING));

    public static final TypeInformation<WriteOperator.WriterState> WRITER_STATE = Types.POJO(
            WriteOperator.WriterState.class,
            Map.of("writer", Types.INT, "writers", Types.INT, "definition", DEFINITION));

    private StreamTypes() {}

    private static <T> TypeInformation<T> crm(Class<T> type, Kind kind) {
        return new RecordType<>(type, new CrmRecordSerializer<>(kind));
    }

    /** An entity of that type at rest. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // a class literal has no type argument
    public static <S> TypeInformation<EntityState<S>> entityState(TypeInformation<S> entity) {
        RecordSerializer<S> serializer = (RecordSerializer<S>) entity.createSerializer(new SerializerConfigImpl());
        return new RecordType<>((Class) EntityState.class, new EntityStateSerializer<>(serializer));
    }
}
