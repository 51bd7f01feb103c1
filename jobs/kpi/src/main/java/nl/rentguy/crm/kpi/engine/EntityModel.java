package nl.rentguy.crm.kpi.engine;

import java.time.Instant;
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

    /** Adds all contributions of the entity, of every time. */
    void contribute(S state, Contributions to);

    /**
     * The entity without what can no longer contribute at {@code now} or later; null when nothing is left. By default all of
     * it is kept.
     */
    default @Nullable S forget(S state, Instant now) {
        return state;
    }

    /** From when on {@link #forget} leaves out something that contributes nothing; never, by default. */
    default Instant expiresAt(S state) {
        return Instant.MAX;
    }
}
