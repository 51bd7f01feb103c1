package nl.rentguy.crm.kpi.cdc;

import java.util.Map;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.jspecify.annotations.Nullable;

/**
 * A change event as its envelope tells it, before anything is made of it.
 *
 * @param table without schema
 * @param operation what happened to the row; of a deletion the columns are those of the primary key alone, of a truncation there
 *     are none
 * @param position LSN in the CRM's log; 0 for a row read in the snapshot
 * @param committedAtMicros commit time, microseconds since the epoch; {@link RowChange#IN_SNAPSHOT} for a snapshot row
 * @param columns by name, each value as text, absent where SQL has NULL
 */
public record RawChange(
        String table, Operation operation, long position, long committedAtMicros, Map<String, String> columns) {

    /** What happened. */
    public enum Operation {
        /** The snapshot read the row. */
        READ,
        INSERT,
        UPDATE,
        DELETE,
        /** All rows of the table went at once. */
        TRUNCATE;

        /** The one that Debezium calls so; null when none is. */
        static @Nullable Operation named(String op) {
            return switch (op) {
                case "r" -> READ;
                case "c" -> INSERT;
                case "u" -> UPDATE;
                case "d" -> DELETE;
                case "t" -> TRUNCATE;
                default -> null;
            };
        }
    }

    public boolean isDeletion() {
        return operation == Operation.DELETE;
    }

    /** Whether it was read in the snapshot. */
    public boolean isInSnapshot() {
        return committedAtMicros == RowChange.IN_SNAPSHOT;
    }

    /** Commit time in milliseconds, rounded up; {@link RowChange#IN_SNAPSHOT} for a snapshot row. */
    public long committedAt() {
        return committedAtMicros == RowChange.IN_SNAPSHOT
                ? RowChange.IN_SNAPSHOT
                : -Math.floorDiv(-committedAtMicros, 1000L);
    }

    /** The column's value, or null when it is NULL or not sent. */
    public @Nullable String column(String name) {
        return columns.get(name);
    }
}
