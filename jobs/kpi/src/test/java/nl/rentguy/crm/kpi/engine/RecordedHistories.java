package nl.rentguy.crm.kpi.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.RandomCrm.Step;
import nl.rentguy.crm.kpi.operators.EntityChange;
import nl.rentguy.crm.kpi.operators.StreamTypes;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.core.memory.DataOutputViewStreamWrapper;

/** Histories of a CRM that are always the same, as changes of its rows: kept in a file, {@code histories.bin.gz}, which {@link #main} writes. */
public final class RecordedHistories {

    private static final String FILE = "histories.bin.gz";
    private static final int HISTORIES = 60;
    private static final int STEPS = 40;
    private static final int NUMBERS = 10_000;
    private static final Instant START = Instant.parse("2026-03-28T22:59:30.250Z");

    private RecordedHistories() {}

    private static TypeSerializer<EntityChange> serializer() {
        return StreamTypes.ENTITY_CHANGE.createSerializer(new SerializerConfigImpl());
    }

    /** Each a list of changes in the order of their commits. */
    public static List<List<RowChange>> read() throws IOException {
        try (InputStream file = Objects.requireNonNull(RecordedHistories.class.getResourceAsStream("/" + FILE));
                InputStream unzipped = new GZIPInputStream(file)) {
            DataInputViewStreamWrapper in = new DataInputViewStreamWrapper(unzipped);
            TypeSerializer<EntityChange> serializer = serializer();
            List<List<RowChange>> histories = new ArrayList<>();
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                List<RowChange> history = new ArrayList<>();
                int changes = in.readInt();
                for (int j = 0; j < changes; j++) {
                    history.add(serializer.deserialize(in).change());
                }
                histories.add(history);
            }
            return histories;
        }
    }

    /** Records other histories: only where the old ones cannot be read, or miss what came to the CRM. All digests then change. */
    public static void main(String[] args) throws Exception {
        try (Histories database = new Histories();
                OutputStream file = new GZIPOutputStream(Files.newOutputStream(Path.of(args[0], FILE)))) {
            DataOutputViewStreamWrapper out = new DataOutputViewStreamWrapper(file);
            Random random = new Random(7);
            out.writeInt(HISTORIES);
            for (int i = 0; i < HISTORIES; i++) {
                List<RowChange> history = record(database.database(), random);
                out.writeInt(history.size());
                for (RowChange change : history) {
                    serializer().serialize(EntityChange.ofOwnRow(change), out);
                }
            }
        }
    }

    private static List<RowChange> record(Connection crm, Random random) throws SQLException {
        RandomCrm living = new RandomCrm(crm);
        ChangeCapture capture = new ChangeCapture(crm, random);
        List<RowChange> history = new ArrayList<>();
        Instant now = START;
        for (int i = 0; i < STEPS; i++) {
            try (PreparedStatement time = crm.prepareStatement("SELECT set_config('oracle.committed_at', ?, true)")) {
                time.setString(1, now.toString());
                time.execute();
            }
            Step step = i == 0
                    ? new Step(0, 1, 0, 0, 0)
                    : new Step(
                            random.nextInt(NUMBERS),
                            random.nextInt(NUMBERS),
                            random.nextInt(NUMBERS),
                            random.nextInt(NUMBERS),
                            random.nextInt(NUMBERS));
            living.apply(step, now);
            history.addAll(capture.since(now.toEpochMilli()));
            now = now.plus(RandomCrm.jump(step));
        }
        crm.rollback();
        return history;
    }
}
