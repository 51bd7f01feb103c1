package nl.rentguy.crm.kpi.crm;

import java.time.Duration;
import java.time.Instant;

/**
 * A deal's stay in one stage, now over.
 *
 * @param number of the deal's visits, 1 for the first
 * @param enteredAt when the deal came into the stage
 * @param leftAt when it moved on, was won or was lost
 * @param end which of these it was
 * @param valueCents the deal's value then, hundredths of its currency's unit
 * @param currency the deal's currency then
 */
public record StageVisit(
        int number,
        long pipelineId,
        long stageId,
        Instant enteredAt,
        Instant leftAt,
        End end,
        long valueCents,
        String currency) {

    /** How a visit ends. */
    public enum End {
        MOVED,
        WON,
        LOST
    }

    /** The same visit with another end, the stage being part of that pipeline. */
    StageVisit with(End newEnd, long newPipelineId) {
        return new StageVisit(number, newPipelineId, stageId, enteredAt, leftAt, newEnd, valueCents, currency);
    }

    public Duration length() {
        return Durations.between(enteredAt, leftAt);
    }
}
