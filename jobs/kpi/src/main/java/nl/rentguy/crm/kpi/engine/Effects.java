package nl.rentguy.crm.kpi.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes what changes in the KPI tables, of each key in the order of time. */
public interface Effects {

    /** Sums of a cell change. */
    void sums(Delta delta);

    /**
     * A row comes, changes or goes.
     *
     * @param values null when it goes
     * @param at KPI time from which that is so, milliseconds
     */
    void row(String table, List<Object> key, @Nullable List<@Nullable Object> values, long at);
}
