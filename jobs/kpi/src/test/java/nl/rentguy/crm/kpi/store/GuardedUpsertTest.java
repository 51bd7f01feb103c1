package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import nl.rentguy.crm.kpi.TestDatabase;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One statement writes, deletes and guards, on a real PostgreSQL. */
@SuppressWarnings("NullAway.Init") // set before each test
class GuardedUpsertTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00.040Z");

    private final GuardedUpsert upsert = new GuardedUpsert(
            new Kpis(KpiSettings.DEFAULTS).named("crm_automation_sla").table());
    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        connection = TestDatabase.create().connect();
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    private void send(RowKind kind, long runs, Instant asOf) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(upsert.query())) {
            upsert.statement(statement, row(kind, runs, asOf));
            statement.addBatch();
            statement.executeBatch();
        }
    }

    private static Row row(RowKind kind, long runs, Instant asOf) {
        BigDecimal some = new BigDecimal("0.250000");
        LocalDate day = LocalDate.of(2026, 11, 22);
        return kind == RowKind.DELETE
                ? Row.ofKind(
                        kind, "mrdj", "w", day, null, null, null, null, null, null, null, null, null, null, null, null,
                        null, null, null, null, null, asOf)
                : Row.ofKind(
                        kind, "mrdj", "w", day, runs, 1L, 1L, 0L, 0L, 0L, 0L, some, some, null, some, some, some, 1L,
                        null, 1L, some, asOf);
    }

    private String held() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT string_agg(run_count || ' at ' || extract(epoch FROM as_of), ',') FROM crm_kpi.crm_automation_sla")) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }

    @Test
    void aNewerRowReplacesAnOlderOne() throws SQLException {
        send(RowKind.INSERT, 4, NOON);
        send(RowKind.INSERT, 5, NOON.plusMillis(20));
        assertThat(held()).isEqualTo("5 at 1795348800.060000");
    }

    @Test
    void anOlderRowIsRefused() throws SQLException {
        send(RowKind.INSERT, 5, NOON);
        send(RowKind.INSERT, 4, NOON.minusMillis(20));
        assertThat(held()).isEqualTo("5 at 1795348800.040000");
    }

    @Test
    void theSameRowMayBeWrittenAgain() throws SQLException {
        send(RowKind.INSERT, 5, NOON);
        send(RowKind.INSERT, 5, NOON);
        assertThat(held()).isEqualTo("5 at 1795348800.040000");
    }

    @Test
    void aDeletionDeletesUnlessANewerRowIsThere() throws SQLException {
        send(RowKind.INSERT, 5, NOON);
        send(RowKind.DELETE, 0, NOON.minusMillis(20));
        assertThat(held()).isEqualTo("5 at 1795348800.040000");
        send(RowKind.DELETE, 0, NOON.plusMillis(20));
        assertThat(held()).isEqualTo("null");
    }

    @Test
    void aDeletionOfWhatIsNotThereDoesNothing() throws SQLException {
        send(RowKind.DELETE, 0, NOON);
        assertThat(held()).isEqualTo("null");
    }

    private static Row gone(int visit) {
        Row row = new Row(RowKind.DELETE, 13);
        row.setField(0, "mrdj");
        row.setField(1, 7L);
        row.setField(2, visit);
        row.setField(12, NOON.plusMillis(20));
        return row;
    }

    @Test
    void ofADealThatIsGoneTheHistoryStays() throws SQLException {
        GuardedUpsert history = new GuardedUpsert(
                new Kpis(KpiSettings.DEFAULTS).named("crm_deal_stage_history").table());
        Instant entered = NOON.minusSeconds(60);
        BigDecimal value = BigDecimal.TEN;
        List<Row> rows = List.of(
                Row.of("mrdj", 7L, 1, 1L, 5L, entered, NOON, null, value, "EUR", "moved", null, NOON),
                Row.of("mrdj", 7L, 2, 1L, 6L, NOON, null, null, value, "EUR", null, null, NOON),
                gone(1),
                gone(2));
        for (Row row : rows) {
            try (PreparedStatement statement = connection.prepareStatement(history.query())) {
                history.statement(statement, row);
                statement.execute();
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet held = statement.executeQuery(
                        "SELECT string_agg(visit || ' ' || outcome || ' ' || extract(epoch FROM left_at) || ' gone ' || extract(epoch FROM deleted_at), ', ' ORDER BY visit) FROM crm_kpi.crm_deal_stage_history")) {
            held.next();
            assertThat(held.getString(1))
                    .isEqualTo(
                            "1 moved 1795348800.040000 gone 1795348800.060000, 2 deleted 1795348800.060000 gone 1795348800.060000");
        }
    }
}
