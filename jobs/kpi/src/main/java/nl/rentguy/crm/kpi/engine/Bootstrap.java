package nl.rentguy.crm.kpi.engine;

import nl.rentguy.crm.kpi.engine.EntityEngine.Evaluated;

/**
 * Begins with what is new in a definition, from the entities there are. Until an entity is evaluated by what is new, its changes count
 * for what is kept alone.
 *
 * @param kept evaluates by what the entities have been evaluated by, and still are
 * @param added evaluates by what is new
 */
public record Bootstrap<S>(EntityEngine<S> kept, EntityEngine<S> added) {

    /**
     * Evaluates an entity by all of it.
     *
     * @param entity evaluated by what is kept
     * @param now not before the time up to which it was evaluated
     */
    public Evaluated<S> evaluate(Evaluated<S> entity, long now, Effects out) {
        S state = entity.state();
        Evaluated<S> passed = kept.advance(entity, now, out);
        Evaluated<S> begun = added.advance(new Evaluated<>(state, KpiTime.NONE, Long.MAX_VALUE), now, out);
        return new Evaluated<>(passed.state(), now, Math.min(passed.nextBoundary(), begun.nextBoundary()));
    }
}
