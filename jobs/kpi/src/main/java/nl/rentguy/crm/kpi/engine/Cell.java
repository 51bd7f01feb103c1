package nl.rentguy.crm.kpi.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where amounts add up: one line of one key of one KPI table. Cells are compared far more often than they are made, so each knows its
 * hash.
 */
public final class Cell {

    private static final int PRIME = 31;

    private final Group group;
    private final List<String> line;
    private final int hash;

    /**
     * @param group the key; all its lines are together in one place, so rows can be derived from several of them
     * @param line what is told apart within the key, such as a currency; a fact with a name, such as a stage's title, is a
     *     line too
     */
    public Cell(Group group, List<String> line) {
        this.group = group;
        this.line = line;
        this.hash = PRIME * group.hash + line.hashCode();
    }

    public Group group() {
        return group;
    }

    public List<String> line() {
        return line;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Cell that
                        && hash == that.hash
                        && line.equals(that.line)
                        && group.equals(that.group));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return group + " " + line;
    }

    /** A key of one KPI table. */
    public static final class Group {

        private final String kpi;
        private final List<String> key;
        private final int hash;

        /**
         * @param kpi the table's name
         * @param key its parts as text, tenant first
         */
        public Group(String kpi, List<String> key) {
            this.kpi = kpi;
            this.key = key;
            this.hash = PRIME * kpi.hashCode() + key.hashCode();
        }

        public String kpi() {
            return kpi;
        }

        public List<String> key() {
            return key;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other
                    || (other instanceof Group that
                            && hash == that.hash
                            && key.equals(that.key)
                            && kpi.equals(that.kpi));
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public String toString() {
            return kpi + " " + key;
        }
    }
}
