package nl.rentguy.crm.kpi.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes what changes in the KPI tables, of each key in the order of time. */
public interface Effects {

    /** The sums of an accumulator change. */
    void sums(Delta delta);

    /**
     * A row comes, changes or goes.
     *
     * @param values null when it goes
     * @param at KPI time from which that is so, milliseconds
     */
    void row(String table, List<Object> key, @Nullable List<@Nullable Object> values, long at);

    /**
     * A row goes, as its entity is another tenant's from now on: nothing of it stays with the former.
     *
     * @param at KPI time from which that is so, milliseconds
     */
    default void moved(String table, List<Object> key, long at) {
        row(table, key, null, at);
    }

    /**
     * A row is history: from now on it stays as it is, and nothing more is told of it.
     *
     * @param at KPI time from which that is so, milliseconds
     */
    default void history(String table, List<Object> key, long at) {}
}
