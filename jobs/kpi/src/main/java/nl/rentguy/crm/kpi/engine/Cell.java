package nl.rentguy.crm.kpi.engine;

import java.util.List;

/**
 * Where amounts add up: one line of one key of one KPI table.
 *
 * @param group the key; all its lines are together in one place, so rows can be derived from several of them
 * @param line what is told apart within the key, such as a currency; a fact with a name, such as a stage's title, is a
 *     line too
 */
public record Cell(Group group, List<String> line) {

    /**
     * A key of one KPI table.
     *
     * @param kpi the table's name
     * @param key its parts as text, tenant first
     */
    public record Group(String kpi, List<String> key) {}
}
