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
 * @param stageEnteredAt start of the visit that goes on; null while the deal is won or lost
 * @param closedAt when the deal became won (lost), unmoved by later edits; null while it is open
 * @param visits the visits that are over, oldest first
 */
public record DealHistory(
        Deal deal,
        @Nullable Instant stageEnteredAt,
        @Nullable Instant closedAt,
        List<StageVisit> visits) {

    public static DealHistory startingWith(Deal first) {
        return first.isOpen()
                ? new DealHistory(first, first.updatedAt(), null, List.of())
                : new DealHistory(first, null, first.updatedAt(), List.of());
    }

    /** The history after a new version of the deal's row. */
    public DealHistory then(Deal next) {
        Instant entered = stageEnteredAt;
        boolean goesOn = entered != null && next.isOpen() && next.stageId() == deal.stageId();
        return new DealHistory(
                next,
                goesOn ? entered : next.isOpen() ? next.updatedAt() : null,
                next.isOpen() ? null : next.outcome() == deal.outcome() ? closedAt : next.updatedAt(),
                goesOn ? visits : visitsAfter(next));
    }

    private List<StageVisit> visitsAfter(Deal next) {
        List<StageVisit> result = new ArrayList<>(visits);
        if (stageEnteredAt != null) {
            result.add(new StageVisit(deal.stageId(), stageEnteredAt, next.updatedAt(), !next.isOpen()));
        } else if (next.isOpen()) {
            // Re-opening withdraws the win or loss, and with it the end of the visit that it had ended.
            result.removeIf(StageVisit::closedTheDeal);
        }
        return result;
    }

    /** The same history without the visits that ended at or before the instant. */
    public DealHistory withoutVisitsUntil(Instant instant) {
        if (visits.stream().allMatch(v -> v.leftAt().isAfter(instant))) {
            return this;
        }
        return new DealHistory(
                deal,
                stageEnteredAt,
                closedAt,
                visits.stream().filter(v -> v.leftAt().isAfter(instant)).toList());
    }
}
