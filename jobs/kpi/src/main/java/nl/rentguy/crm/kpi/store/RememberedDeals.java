package nl.rentguy.crm.kpi.store;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.StageVisit;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code crm_deal_stage_history} back: of each deal, whose stage entries, visits and closing an earlier job has seen, its
 * history up to then.
 */
public final class RememberedDeals implements Serializable {

    private static final long serialVersionUID = 1;
    private static final int FETCH_SIZE = 10_000;

    private final Database database;

    public RememberedDeals(Database database) {
        this.database = database;
    }

    /**
     * Reads one share of all deals; together the shares are all of them.
     *
     * @param share from 0 to {@code shares} - 1
     * @return how many deals
     * @throws IllegalStateException when the table tells of a visit that has no end although there is a later one
     */
    public long read(int share, int shares, Consumer<DealHistory> out) throws SQLException {
        try (Connection connection = database.connect()) {
            // Without a transaction the driver would fetch the whole table at once.
            connection.setAutoCommit(false);
            long deals = read(connection, share, shares, out);
            connection.rollback();
            return deals;
        }
    }

    /** The same over that connection. */
    public static long read(Connection kpi, int share, int shares, Consumer<DealHistory> out) throws SQLException {
        long deals = 0;
        try (PreparedStatement select = kpi.prepareStatement("""
                SELECT *, lead(visit) OVER (PARTITION BY tenant_id, deal_id ORDER BY visit) IS NULL AS last
                FROM crm_kpi.crm_deal_stage_history
                WHERE outcome IS DISTINCT FROM 'deleted' AND mod(deal_id, ?) = ?
                ORDER BY tenant_id, deal_id, visit""")) {
            select.setInt(1, shares);
            select.setInt(2, share);
            select.setFetchSize(FETCH_SIZE);
            List<StageVisit> left = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (row.getBoolean("last")) {
                        out.accept(history(row, left));
                        left = new ArrayList<>();
                        deals++;
                    } else {
                        left.add(visit(row));
                    }
                }
            }
        }
        return deals;
    }

    private static StageVisit visit(ResultSet row) throws SQLException {
        String outcome = row.getString("outcome");
        Instant leftAt = instant(row, "left_at");
        if (outcome == null || leftAt == null) {
            throw new IllegalStateException(
                    "crm_deal_stage_history has no end of visit %d of deal %d of %s, though a later visit: delete the deal's rows there, or correct them"
                            .formatted(row.getInt("visit"), row.getLong("deal_id"), row.getString("tenant_id")));
        }
        return new StageVisit(
                row.getInt("visit"),
                row.getLong("pipeline_id"),
                row.getLong("stage_id"),
                enteredAt(row),
                leftAt,
                StageVisit.End.valueOf(outcome.toUpperCase(Locale.ROOT)),
                cents(row),
                row.getString("currency"));
    }

    /** As of the deal's last version that the earlier job saw. */
    private static DealHistory history(ResultSet row, List<StageVisit> left) throws SQLException {
        String outcome = row.getString("outcome");
        boolean closed = "won".equals(outcome) || "lost".equals(outcome);
        Instant enteredAt = enteredAt(row);
        Deal deal = new Deal(
                row.getLong("deal_id"),
                row.getString("tenant_id"),
                null,
                row.getLong("pipeline_id"),
                row.getLong("stage_id"),
                null,
                cents(row),
                row.getString("currency"),
                null,
                0,
                closed ? outcome : "open",
                enteredAt,
                enteredAt);
        return new DealHistory(
                deal,
                row.getInt("visit"),
                enteredAt,
                "reopened".equals(outcome),
                closed ? instant(row, "closed_at") : null,
                closed && instant(row, "left_at") != null ? visit(row) : null,
                left);
    }

    private static long cents(ResultSet row) throws SQLException {
        return row.getBigDecimal("value").movePointRight(2).longValueExact();
    }

    private static Instant enteredAt(ResultSet row) throws SQLException {
        return row.getObject("entered_at", OffsetDateTime.class).toInstant();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }
}
