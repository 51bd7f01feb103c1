package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.crm.Entity;
import nl.rentguy.crm.kpi.engine.EntityEngine.Evaluated;
import nl.rentguy.crm.kpi.engine.KpiTime;

/**
 * An entity at rest.
 *
 * @param entity its state
 * @param evaluatedAt KPI time up to which its deltas have been sent; {@link KpiTime#NONE} before the first
 * @param timer the one timer that is set, in KPI time; {@link Long#MAX_VALUE} when none is
 */
public record EntityState(Entity entity, long evaluatedAt, long timer) {

    Evaluated<Entity> evaluated() {
        return new Evaluated<>(entity, evaluatedAt, timer);
    }
}
