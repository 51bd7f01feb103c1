package nl.rentguy.crm.kpi.operators;

import java.util.Map;
import nl.rentguy.crm.kpi.cdc.DeadLetter;
import nl.rentguy.crm.kpi.definition.Definition;
import nl.rentguy.crm.kpi.engine.Aggregate;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Delta;
import nl.rentguy.crm.kpi.engine.Measures;
import nl.rentguy.crm.kpi.operators.SourceProgress.TableProgress;
import nl.rentguy.crm.kpi.store.KpiStatus;
import nl.rentguy.crm.kpi.store.TableRow;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/** How everything that travels or rests in state is serialized: by serializers of ours what there is most of, the rest field by field, nothing by Kryo. */
public final class StreamTypes {

    public static final TypeInformation<EntityChange> ENTITY_CHANGE =
            new RecordType<>(EntityChange.class, EntityChangeSerializer.INSTANCE);

    public static final TypeInformation<EntityId> ENTITY_ID =
            new RecordType<>(EntityId.class, EntityIdSerializer.INSTANCE);

    public static final TypeInformation<Packed<EntityState>> ENTITY_STATE =
            new RecordType<>(Packed.class, EntityStateSerializer.INSTANCE);

    public static final TypeInformation<Measures> MEASURES =
            new RecordType<>(Measures.class, MeasuresSerializer.INSTANCE);

    public static final TypeInformation<Packed<Aggregate>> AGGREGATE =
            new RecordType<>(Packed.class, AggregateSerializer.INSTANCE);

    public static final TypeInformation<AggregateKey> AGGREGATE_KEY =
            new RecordType<>(AggregateKey.class, AggregateKeySerializer.INSTANCE);

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
}
