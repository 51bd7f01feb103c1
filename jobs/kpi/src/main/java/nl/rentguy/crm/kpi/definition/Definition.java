package nl.rentguy.crm.kpi.definition;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * By what a job derives its tables. Saved state says by which definition it was made: what another derives in the same way goes on,
 * the rest is derived anew from the entities in the state.
 *
 * @param kpis of each table, by its name: the version of its KPI, and the settings
 * @param captured what is read of the CRM, and how much of it is kept: state of another says nothing of what is not in it
 */
public record Definition(Map<String, String> kpis, String captured) {

    /** The names of the tables that both derive in the same way. */
    public Set<String> sharedWith(Definition other) {
        Set<String> shared = new TreeSet<>();
        kpis.forEach((table, definition) -> {
            if (definition.equals(other.kpis.get(table))) {
                shared.add(table);
            }
        });
        return shared;
    }

    /** The names of the tables that all of these saved ones derive in the same way; all tables when none was saved. */
    public Set<String> goingOnFrom(Iterable<Definition> saved) {
        Set<String> kept = new TreeSet<>(kpis.keySet());
        saved.forEach(before -> kept.retainAll(before.sharedWith(this)));
        return kept;
    }

    /** The same of those tables alone. */
    public Definition only(Collection<String> tables) {
        Map<String, String> left = new TreeMap<>(kpis);
        left.keySet().retainAll(tables);
        return new Definition(left, captured);
    }
}
