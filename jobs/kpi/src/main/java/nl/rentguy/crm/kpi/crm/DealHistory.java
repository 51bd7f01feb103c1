package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A deal and what its row alone does not tell: since when it is in its stage, since when it is won or lost, and which
 * stage visits are over. All instants are the {@code updated_at} of the version that brought the change; for the first
 * version seen that is the best that is known.
 *
 * @param stageEnteredAt when the deal came into its stage, whatever its status was or became there
 * @param closedAt when the deal became won (lost), unmoved by later edits; null while it is open
 * @param closedVisit the visit to this stage, while it is over because the deal was won or lost; null otherwise
 * @param leftVisits the visits to stages that the deal has left, oldest first
 */
public record DealHistory(
        Deal deal,
        Instant stageEnteredAt,
        @Nullable Instant closedAt,
        @Nullable StageVisit closedVisit,
        List<StageVisit> leftVisits) {

    public static DealHistory startingWith(Deal first) {
        return new DealHistory(first, first.updatedAt(), first.isOpen() ? null : first.updatedAt(), null, List.of());
    }

    /** The history after a new version of the deal's row. */
    public DealHistory then(Deal next) {
        Instant at = next.updatedAt();
        Instant closed = next.isOpen() ? null : next.outcome() == deal.outcome() ? closedAt : at;
        if (next.stageId() != deal.stageId()) {
            return new DealHistory(next, at, closed, null, leavingAt(at, next.isOpen()));
        }
        // Re-opening withdraws the win or loss, and with it the end of the visit, which goes on.
        StageVisit visit = next.isOpen() ? null : deal.isOpen() ? visitUntil(at) : closedVisit;
        return new DealHistory(next, stageEnteredAt, closed, visit, leftVisits);
    }

    private StageVisit visitUntil(Instant end) {
        return new StageVisit(deal.stageId(), stageEnteredAt, end);
    }

    private List<StageVisit> leavingAt(Instant at, boolean open) {
        return leftVisitsAnd(deal.isOpen() || open ? visitUntil(at) : closedVisit);
    }

    /** All visits that are over, as far back as they are kept. */
    public List<StageVisit> endedVisits() {
        return leftVisitsAnd(closedVisit);
    }

    private List<StageVisit> leftVisitsAnd(@Nullable StageVisit last) {
        if (last == null) {
            return leftVisits;
        }
        List<StageVisit> all = new ArrayList<>(leftVisits);
        all.add(last);
        return all;
    }

    /** The same history without the visits that ended at or before the instant. */
    public DealHistory withoutVisitsUntil(Instant instant) {
        boolean keepsClosed = closedVisit == null || closedVisit.leftAt().isAfter(instant);
        if (keepsClosed && leftVisits.stream().allMatch(v -> v.leftAt().isAfter(instant))) {
            return this;
        }
        return new DealHistory(
                deal,
                stageEnteredAt,
                closedAt,
                keepsClosed ? closedVisit : null,
                leftVisits.stream().filter(v -> v.leftAt().isAfter(instant)).toList());
    }
}
