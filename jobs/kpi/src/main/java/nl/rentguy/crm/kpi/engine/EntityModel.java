package nl.rentguy.crm.kpi.engine;

import java.time.Instant;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.jspecify.annotations.Nullable;

/**
 * What one kind of entity is: how row changes make it, and what it contributes. Pure functions of their arguments.
 *
 * @param <S> the entity's state, immutable
 */
public interface EntityModel<S> {

    /** The entity after the change; null when nothing of it is left. {@code state} is null when nothing was known. */
    @Nullable
    S fold(@Nullable S state, RowChange change);

    /**
     * Adds all contributions that hold, begin or end between two instants of KPI time, both included, and of those that begin later at
     * least the first. More may be added: an entity with few parts adds all of them.
     */
    void contribute(S state, long from, long until, Contributions to);

    /**
     * Adds what one state contributes at that KPI time and the other does not. What both contribute may be added to both, or to neither:
     * an entity with many parts leaves out those that are the same, so that a change costs what it touches.
     *
     * @param before null when there was no entity
     * @param after null when there is none any more
     */
    default void difference(@Nullable S before, @Nullable S after, long now, Contributions lost, Contributions gained) {
        if (before != null) {
            contribute(before, now, now, lost);
        }
        if (after != null) {
            contribute(after, now, now, gained);
        }
    }

    /** Whether it is another tenant's after a change; false by default, where no row of it would stay with the former. */
    default boolean movesToAnotherTenant(S before, S after) {
        return false;
    }

    /** What the entity that it is a part of needs to know of it; null when nothing, or when it is a part of none, as by default. */
    default CrmRow.@Nullable Part part(S state) {
        return null;
    }

    /**
     * The entity without what can no longer contribute at {@code now} or later; null when nothing is left. By default all of
     * it is kept.
     */
    default @Nullable S prune(S state, Instant now) {
        return state;
    }

    /** From when on {@link #prune} leaves out something that contributes nothing; never, by default. */
    default Instant expiresAt(S state) {
        return Instant.MAX;
    }
}
