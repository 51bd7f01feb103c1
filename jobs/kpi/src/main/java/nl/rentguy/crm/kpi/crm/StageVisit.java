package nl.rentguy.crm.kpi.crm;

import java.time.Duration;
import java.time.Instant;

/**
 * A deal's stay in one stage, now over.
 *
 * @param enteredAt when the deal came into the stage
 * @param leftAt when it moved on, was won or was lost
 */
public record StageVisit(long stageId, Instant enteredAt, Instant leftAt) {

    public Duration length() {
        return Duration.between(enteredAt, leftAt);
    }
}
