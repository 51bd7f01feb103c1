package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.crm.EntityKind;

/**
 * Names an entity.
 *
 * @param id primary key of the row that it is, or that is its root
 */
public record EntityId(EntityKind kind, long id) {

    private static final int PRIME = 31;

    /** The same in every JVM, as whatever chooses a task is to be; a constant's own is not. */
    @Override
    public int hashCode() {
        return PRIME * Long.hashCode(id) + kind.tag();
    }
}
