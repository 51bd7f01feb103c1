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
import nl.rentguy.crm.kpi.crm.PastDeal;
import nl.rentguy.crm.kpi.crm.StageVisit;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code crm_deal_stage_history} back: of each deal, whose stage entries, visits and closing an earlier job has seen, its
 * history up to then.
 *
 * <p>A deal may have had earlier lives under its id, each of which ends with a row that tells when it was deleted. The job may have ended in the middle of
 * writing: the newest visit that goes on, or that the deal is in after its closing, is the deal's last, and an earlier visit without an
 * end ended when the next began.
 */
public final class StageHistoryReader implements Serializable {

    private static final long serialVersionUID = 1;
    private static final int FETCH_SIZE = 10_000;

    private final Database database;

    /** A row of the table. */
    private record Visit(
            String tenantId,
            long dealId,
            int number,
            long pipelineId,
            long stageId,
            Instant enteredAt,
            @Nullable Instant leftAt,
            @Nullable Instant closedAt,
            long valueCents,
            String currency,
            @Nullable String outcome,
            boolean deleted) {

        static Visit of(ResultSet row) throws SQLException {
            return new Visit(
                    row.getString("tenant_id"),
                    row.getLong("deal_id"),
                    row.getInt("visit"),
                    row.getLong("pipeline_id"),
                    row.getLong("stage_id"),
                    row.getObject("entered_at", OffsetDateTime.class).toInstant(),
                    instant(row, "left_at"),
                    instant(row, "closed_at"),
                    row.getBigDecimal("value").movePointRight(2).longValueExact(),
                    row.getString("currency"),
                    row.getString("outcome"),
                    instant(row, "deleted_at") != null);
        }

        private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
            OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
            return at == null ? null : at.toInstant();
        }

        boolean isReopened() {
            return "reopened".equals(outcome);
        }

        /** Whether it is the visit to the stage that the deal is in. */
        boolean isCurrent() {
            return outcome == null || isReopened() || closedAt != null;
        }

        /** As it ended; where that is not known, when the next visit began. */
        StageVisit endedBefore(Visit next) {
            return leftAt == null || outcome == null || isReopened()
                    ? ended(next.enteredAt, StageVisit.End.MOVED)
                    : ended(leftAt, StageVisit.End.valueOf(outcome.toUpperCase(Locale.ROOT)));
        }

        StageVisit ended(Instant at, StageVisit.End end) {
            return new StageVisit(number, pipelineId, stageId, enteredAt, at, end, valueCents, currency);
        }
    }

    public StageHistoryReader(Database database) {
        this.database = database;
    }

    /**
     * Reads one share of all deals; together the shares are all of them.
     *
     * @param share from 0 to {@code shares} - 1
     * @return how many deals
     */
    public long read(int share, int shares, Consumer<PastDeal> out) throws SQLException {
        try (Connection connection = database.connectForLong()) {
            // Without a transaction the driver would fetch the whole table at once.
            connection.setAutoCommit(false);
            long deals = read(connection, share, shares, out);
            connection.rollback();
            return deals;
        }
    }

    /** The same over that connection. */
    public static long read(Connection kpi, int share, int shares, Consumer<PastDeal> out) throws SQLException {
        long deals = 0;
        // Of a deal that went from one tenant to another, the rows of the latter.
        try (PreparedStatement select = kpi.prepareStatement("""
                SELECT * FROM (
                  SELECT h.*, first_value(tenant_id) OVER (PARTITION BY deal_id ORDER BY as_of DESC, tenant_id) AS newest
                  FROM crm_kpi.crm_deal_stage_history h WHERE mod(deal_id, ?) = ?) of_share
                WHERE tenant_id = newest ORDER BY deal_id, visit""")) {
            select.setInt(1, shares);
            select.setInt(2, share);
            select.setFetchSize(FETCH_SIZE);
            List<Visit> ofDeal = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Visit visit = Visit.of(row);
                    if (!ofDeal.isEmpty() && ofDeal.get(0).dealId != visit.dealId) {
                        collect(ofDeal, out);
                        deals++;
                        ofDeal = new ArrayList<>();
                    }
                    ofDeal.add(visit);
                }
            }
            if (!ofDeal.isEmpty()) {
                collect(ofDeal, out);
                deals++;
            }
            return deals;
        }
    }

    private static void collect(List<Visit> ofDeal, Consumer<PastDeal> out) {
        Visit newest = ofDeal.get(ofDeal.size() - 1);
        int begin = ofDeal.size();
        while (begin > 0 && !ofDeal.get(begin - 1).deleted) {
            begin--;
        }
        List<Visit> life = ofDeal.subList(begin, ofDeal.size());
        out.accept(new PastDeal(newest.dealId, newest.tenantId, newest.number, life.isEmpty() ? null : history(life)));
    }

    private static DealHistory history(List<Visit> life) {
        int last = life.size() - 1;
        while (last > 0 && !life.get(last).isCurrent()) {
            last--;
        }
        if (!life.get(last).isCurrent()) {
            last = life.size() - 1;
        }
        List<StageVisit> left = new ArrayList<>();
        for (int i = 0; i < last; i++) {
            left.add(life.get(i).endedBefore(life.get(i + 1)));
        }
        return history(life.get(last), left);
    }

    /** As of the deal's last version that the earlier job saw. */
    private static DealHistory history(Visit current, List<StageVisit> left) {
        boolean won = "won".equals(current.outcome);
        boolean closed = current.closedAt != null;
        Deal deal = new Deal(
                current.dealId,
                current.tenantId,
                null,
                current.pipelineId,
                current.stageId,
                null,
                current.valueCents,
                current.currency,
                null,
                0,
                closed ? won ? Deal.Outcome.WON : Deal.Outcome.LOST : Deal.Outcome.OPEN,
                current.enteredAt,
                current.enteredAt,
                null);
        return new DealHistory(
                deal,
                current.number,
                current.enteredAt,
                current.isReopened(),
                current.closedAt,
                closed && current.leftAt != null
                        ? current.ended(current.leftAt, won ? StageVisit.End.WON : StageVisit.End.LOST)
                        : null,
                left);
    }
}
