package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.crm.EntityKind;
import nl.rentguy.crm.kpi.crm.RowChange;

/** A change on its way to the entity that it is of: of its own row, or of a part of it. */
public record EntityChange(EntityId entity, RowChange change) {

    /** The row is the entity, or its root. */
    public static EntityChange ofOwnRow(RowChange change) {
        return new EntityChange(new EntityId(EntityKind.of(change.table()), change.id()), change);
    }

    /** How many kinds of entities are above the one that it is of. */
    public int depth() {
        return entity.kind().depth();
    }
}
