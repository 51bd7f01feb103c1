package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.crm.RowChange;

/**
 * A row change on its way to the entity that it is part of.
 *
 * @param entityId of the row that the entity is named by
 */
public record EntityChange(long entityId, RowChange change) {

    /** The row is the entity, or its root. */
    public static EntityChange ofOwnRow(RowChange change) {
        return new EntityChange(change.id(), change);
    }
}
