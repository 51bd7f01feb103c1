package nl.rentguy.crm.kpi.crm;

import java.time.Duration;
import java.time.Instant;

/**
 * A period, now over, in which a deal was open in one stage.
 *
 * @param closedTheDeal true when winning or losing the deal ended the visit, false when the deal moved on
 */
public record StageVisit(long stageId, Instant enteredAt, Instant leftAt, boolean closedTheDeal) {

    public Duration length() {
        return Duration.between(enteredAt, leftAt);
    }
}
