package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A deal and what its row alone does not tell: since when it is in its stage, since when it is won or lost, and which
 * stage visits are over. All instants are the {@code updated_at} of the version that brought the change, or its commit when
 * the CRM left {@code updated_at} as it was; for the first version seen {@code updated_at} is the best that is known.
 *
 * @param visit number of the visit to the stage the deal is in: 1 for the first, or the next after those of an earlier life
 * @param stageEnteredAt when the deal came into its stage, whatever its status was or became there
 * @param reopened whether it was won or lost in its stage, and is open there again
 * @param closedAt when the deal became won (lost), unmoved by later edits; null while it is open
 * @param closedVisit the visit to this stage, while it is over because the deal was won or lost; null otherwise
 * @param leftVisits the visits to stages that the deal has left, oldest first, without those that are history
 */
public record DealHistory(
        Deal deal,
        int visit,
        Instant stageEnteredAt,
        boolean reopened,
        @Nullable Instant closedAt,
        @Nullable StageVisit closedVisit,
        List<StageVisit> leftVisits) {

    /** @param visit number of its first visit, see {@link DealAggregate#pastVisits} */
    public static DealHistory startingWith(Deal first, int visit) {
        Instant at = first.updatedAt();
        return new DealHistory(first, visit, at, false, first.isOpen() ? null : at, null, List.of());
    }

    /** The history after a new version of the deal's row. */
    public DealHistory then(Deal next) {
        Instant at = changedAt(next);
        Instant closed = next.isOpen() ? null : next.outcome() == deal.outcome() ? closedAt : at;
        if (next.stageId() != deal.stageId()) {
            StageVisit left = deal.isOpen() || next.isOpen()
                    ? visitEndedBy(next, at, StageVisit.End.MOVED, deal.pipelineId())
                    : closedVisit;
            // A stage through which a closed deal merely passes was not visited.
            int number = left == null ? visit : visit + 1;
            return new DealHistory(next, number, at, false, closed, null, leftVisitsAnd(left));
        }
        if (next.isOpen()) {
            // Re-opening withdraws the win or loss, and with it the end of the visit, which goes on.
            return new DealHistory(next, visit, stageEnteredAt, reopened || !deal.isOpen(), null, null, leftVisits);
        }
        StageVisit.End end = next.outcome() == Deal.Outcome.WON ? StageVisit.End.WON : StageVisit.End.LOST;
        StageVisit over = deal.isOpen()
                ? visitEndedBy(next, at, end, next.pipelineId())
                : closedVisit == null ? null : closedVisit.with(end, next.pipelineId());
        return new DealHistory(next, visit, stageEnteredAt, false, closed, over, leftVisits);
    }

    /** Whether the oldest visit to a stage that the deal has left is history. */
    boolean hasVisitsThat(Predicate<StageVisit> isHistory) {
        return !leftVisits.isEmpty() && isHistory.test(leftVisits.get(0));
    }

    /** The history without the oldest visits to stages that the deal has left, up to the first that is not history. */
    DealHistory withoutVisits(Predicate<StageVisit> isHistory) {
        int first = 0;
        while (first < leftVisits.size() && isHistory.test(leftVisits.get(first))) {
            first++;
        }
        return new DealHistory(
                deal,
                visit,
                stageEnteredAt,
                reopened,
                closedAt,
                closedVisit,
                List.copyOf(leftVisits.subList(first, leftVisits.size())));
    }

    /** {@code updated_at} is kept by the CRM's own code alone: a version of somebody else may have left it as it was. */
    private Instant changedAt(Deal next) {
        Instant committed = next.committedAt();
        return committed != null && next.updatedAt().equals(deal.updatedAt()) ? committed : next.updatedAt();
    }

    /** @param pipelineId of the stage that was visited; it may have moved to another pipeline meanwhile */
    private StageVisit visitEndedBy(Deal next, Instant at, StageVisit.End end, long pipelineId) {
        return new StageVisit(
                visit, pipelineId, deal.stageId(), stageEnteredAt, at, end, next.valueCents(), next.currency());
    }

    private List<StageVisit> leftVisitsAnd(@Nullable StageVisit last) {
        if (last == null) {
            return leftVisits;
        }
        List<StageVisit> all = new ArrayList<>(leftVisits);
        all.add(last);
        return all;
    }
}
