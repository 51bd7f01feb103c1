package nl.rentguy.crm.kpi.operators;

import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.LeadFile;
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** How everything that travels or rests in state is serialized: field by field, never by Kryo. */
public final class StreamTypes {

    public static final TypeInformation<List<String>> TEXTS = Types.LIST(Types.STRING);

    public static final TypeInformation<Pipeline> PIPELINE =
            Types.POJO(Pipeline.class, Map.of("id", Types.LONG, "tenantId", Types.STRING, "name", Types.STRING));

    public static final TypeInformation<Stage> STAGE = Types.POJO(
            Stage.class, Map.of("id", Types.LONG, "pipelineId", Types.LONG, "name", Types.STRING, "order", Types.INT));

    public static final TypeInformation<Deal> DEAL = Types.POJO(
            Deal.class,
            Map.ofEntries(
                    Map.entry("id", Types.LONG),
                    Map.entry("tenantId", Types.STRING),
                    Map.entry("leadId", Types.LONG),
                    Map.entry("pipelineId", Types.LONG),
                    Map.entry("stageId", Types.LONG),
                    Map.entry("title", Types.STRING),
                    Map.entry("valueCents", Types.LONG),
                    Map.entry("currency", Types.STRING),
                    Map.entry("expectedClose", Types.LOCAL_DATE),
                    Map.entry("probability", Types.INT),
                    Map.entry("outcome", Types.ENUM(Deal.Outcome.class)),
                    Map.entry("createdAt", Types.INSTANT),
                    Map.entry("updatedAt", Types.INSTANT),
                    Map.entry("committedAt", Types.INSTANT)));

    public static final TypeInformation<AutomationRun> RUN = Types.POJO(
            AutomationRun.class,
            Map.of(
                    "id", Types.LONG,
                    "tenantId", Types.STRING,
                    "dealId", Types.LONG,
                    "workflowId", Types.STRING,
                    "status", Types.ENUM(AutomationRun.Status.class),
                    "createdAt", Types.INSTANT,
                    "completedAt", Types.INSTANT));

    public static final TypeInformation<AcquisitionMetric> METRIC = Types.POJO(
            AcquisitionMetric.class,
            Map.ofEntries(
                    Map.entry("id", Types.LONG),
                    Map.entry("tenantId", Types.STRING),
                    Map.entry("channel", Types.STRING),
                    Map.entry("source", Types.STRING),
                    Map.entry("capturedDate", Types.LOCAL_DATE),
                    Map.entry("sessions", Types.LONG),
                    Map.entry("newUsers", Types.LONG),
                    Map.entry("engagedSessions", Types.LONG),
                    Map.entry("gaConversions", Types.LONG),
                    Map.entry("gaConversionCents", Types.LONG),
                    Map.entry("gtmConversions", Types.LONG),
                    Map.entry("gtmConversionCents", Types.LONG),
                    Map.entry("gaPropertyId", Types.STRING),
                    Map.entry("gtmContainerId", Types.STRING)));

    public static final TypeInformation<Lead> LEAD = Types.POJO(
            Lead.class,
            Map.of("id", Types.LONG, "tenantId", Types.STRING, "source", Types.STRING, "createdAt", Types.INSTANT));

    public static final TypeInformation<Activity> ACTIVITY = Types.POJO(
            Activity.class,
            Map.of(
                    "id", Types.LONG,
                    "tenantId", Types.STRING,
                    "dealId", Types.LONG,
                    "type", Types.STRING,
                    "occurredAt", Types.INSTANT,
                    "dueAt", Types.INSTANT,
                    "done", Types.BOOLEAN));

    public static final TypeInformation<StageVisit> STAGE_VISIT = Types.POJO(
            StageVisit.class,
            Map.of(
                    "number", Types.INT,
                    "pipelineId", Types.LONG,
                    "stageId", Types.LONG,
                    "enteredAt", Types.INSTANT,
                    "leftAt", Types.INSTANT,
                    "end", Types.ENUM(StageVisit.End.class),
                    "valueCents", Types.LONG,
                    "currency", Types.STRING));

    public static final TypeInformation<DealHistory> DEAL_HISTORY = Types.POJO(
            DealHistory.class,
            Map.of(
                    "deal",
                    DEAL,
                    "visit",
                    Types.INT,
                    "stageEnteredAt",
                    Types.INSTANT,
                    "reopened",
                    Types.BOOLEAN,
                    "closedAt",
                    Types.INSTANT,
                    "closedVisit",
                    STAGE_VISIT,
                    "leftVisits",
                    Types.LIST(STAGE_VISIT)));

    public static final TypeInformation<PastDeal> PAST_DEAL = Types.POJO(
            PastDeal.class,
            Map.of(
                    "dealId", Types.LONG,
                    "tenantId", Types.STRING,
                    "lastVisit", Types.INT,
                    "history", DEAL_HISTORY));

    public static final TypeInformation<DealFile> DEAL_FILE = Types.POJO(
            DealFile.class,
            Map.of(
                    "history",
                    DEAL_HISTORY,
                    "remembered",
                    PAST_DEAL,
                    "versions",
                    Types.LIST(DEAL),
                    "settled",
                    Types.BOOLEAN,
                    "pastVisits",
                    Types.INT,
                    "deletedAt",
                    Types.INSTANT,
                    "activities",
                    Types.MAP(Types.LONG, ACTIVITY),
                    "runs",
                    Types.MAP(Types.LONG, RUN)));

    public static final TypeInformation<LeadFile> LEAD_FILE =
            Types.POJO(LeadFile.class, Map.of("lead", LEAD, "deals", Types.MAP(Types.LONG, DEAL)));

    public static final TypeInformation<RowChange> ROW_CHANGE = Types.POJO(
            RowChange.class,
            Map.ofEntries(
                    Map.entry("table", Types.ENUM(CrmTable.class)),
                    Map.entry("id", Types.LONG),
                    Map.entry("committedAt", Types.LONG),
                    Map.entry("lead", LEAD),
                    Map.entry("pipeline", PIPELINE),
                    Map.entry("stage", STAGE),
                    Map.entry("deal", DEAL),
                    Map.entry("activity", ACTIVITY),
                    Map.entry("run", RUN),
                    Map.entry("metric", METRIC),
                    Map.entry("remembered", PAST_DEAL)));

    public static final TypeInformation<EntityChange> ENTITY_CHANGE =
            Types.POJO(EntityChange.class, Map.of("entityId", Types.LONG, "change", ROW_CHANGE));

    public static final TypeInformation<PipelineBoard> PIPELINE_BOARD =
            Types.POJO(PipelineBoard.class, Map.of("pipeline", PIPELINE, "stages", Types.MAP(Types.LONG, STAGE)));

    public static final TypeInformation<Amounts> AMOUNTS = Types.POJO(
            Amounts.class,
            Map.of("sums", Types.PRIMITIVE_ARRAY(Types.LONG), "tally", Types.PRIMITIVE_ARRAY(Types.LONG)));

    public static final TypeInformation<Map<List<String>, Amounts>> LINES = Types.MAP(TEXTS, AMOUNTS);

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

    public static final TypeInformation<WriteOperator.WriterState> WRITER_STATE = Types.POJO(
            WriteOperator.WriterState.class,
            Map.of("writer", Types.INT, "writers", Types.INT, "hasBegun", Types.BOOLEAN));

    private StreamTypes() {}

    /** An entity of that type at rest. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // a class literal has no type argument
    public static <S> TypeInformation<EntityState<S>> entityState(TypeInformation<S> entity) {
        return (TypeInformation)
                Types.POJO(EntityState.class, Map.of("entity", entity, "evaluatedAt", Types.LONG, "timer", Types.LONG));
    }
}
