package nl.rentguy.crm.kpi.cdc;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.debezium.connector.postgresql.SourceInfo;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.flink.cdc.connectors.base.source.meta.offset.Offset;
import org.jspecify.annotations.Nullable;

/**
 * Up to which change the log has been read, as Flink CDC saves it. PostgreSQL sends transactions whole, in the order of their commits; the
 * LSN of a change is where it stands in the log among those of transactions that were open at the same time, so it tells an order only
 * within its transaction.
 */
final class LogOffset extends Offset {

    private static final long serialVersionUID = 1;

    /** Flink CDC's key of the LSN. */
    static final String LSN = SourceInfo.LSN_KEY;

    private static final String TRANSACTION = SourceInfo.TXID_KEY;
    private static final String COMMITTED_BEFORE = "lsn_commit";
    private static final String NTH = "nth";

    /** Begins the names of rows, see {@link SnapshotChunks}. */
    private static final String DELETED = "deleted.";

    private final Change last;
    private final int nth;
    private final Set<String> deleted;

    /**
     * Where a change stands in the log.
     *
     * @param transaction its id, of 32 bits as the log has it
     * @param lsn several changes that one statement made may have the same
     * @param committedBefore end of the transaction that was committed before it; 0 when that is not known. Unlike the LSN it grows
     *     along the log, and its own transaction was committed after it
     */
    record Change(int transaction, long lsn, long committedBefore) implements Serializable {

        /** As Debezium tells it of an event. */
        static Change of(Map<String, ?> sourceOffset) {
            return new Change(
                    (int) number(sourceOffset, TRANSACTION),
                    number(sourceOffset, LSN),
                    number(sourceOffset, COMMITTED_BEFORE));
        }

        private static long number(Map<String, ?> offset, String key) {
            Object value = offset.get(key);
            return value == null
                    ? 0
                    : value instanceof Number number ? number.longValue() : Long.parseLong(value.toString());
        }
    }

    /**
     * @param last the newest change that was read
     * @param nth how many of its transaction with its LSN have been read, itself among them
     */
    LogOffset(Change last, int nth) {
        this(last, nth, Set.of());
    }

    private LogOffset(Change last, int nth, Set<String> deleted) {
        this.last = last;
        this.nth = nth;
        this.deleted = deleted;
    }

    /** The same, and with it rows that were deleted, each by a name. */
    LogOffset with(Set<String> deletedRows) {
        return deletedRows.isEmpty() ? this : new LogOffset(last, nth, deletedRows);
    }

    /** What was saved; null when no change of the log had been read. */
    static @Nullable LogOffset saved(Map<String, String> offset) {
        String nth = offset.get(NTH);
        if (nth == null) {
            return null;
        }
        Set<String> deleted = offset.keySet().stream()
                .filter(key -> key.startsWith(DELETED))
                .map(key -> key.substring(DELETED.length()))
                .collect(toUnmodifiableSet());
        return new LogOffset(Change.of(offset), Integer.parseInt(nth), deleted);
    }

    Change last() {
        return last;
    }

    int nth() {
        return nth;
    }

    Set<String> deleted() {
        return deleted;
    }

    /**
     * The server may forget the log until there: of the last change's transaction, which was committed later, changes may be missing. 0 when
     * nothing may be forgotten.
     */
    long complete() {
        return last.committedBefore;
    }

    /** What Flink CDC needs of any offset; more may be put into it, if it is a number. */
    static Map<String, String> at(long lsn) {
        Map<String, String> offset = new LinkedHashMap<>();
        offset.put(LSN, Long.toString(lsn));
        offset.put(SourceInfo.TIMESTAMP_USEC_KEY, "0");
        return offset;
    }

    @Override
    public Map<String, String> getOffset() {
        Map<String, String> offset = at(last.lsn);
        offset.put(TRANSACTION, Long.toString(Integer.toUnsignedLong(last.transaction)));
        offset.put(COMMITTED_BEFORE, Long.toString(last.committedBefore));
        offset.put(NTH, Integer.toString(nth));
        deleted.forEach(row -> offset.put(DELETED + row, "1"));
        return offset;
    }

    @Override
    public int compareTo(Offset other) {
        return Long.compare(last.lsn, Long.parseLong(other.getOffset().get(LSN)));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LogOffset that
                && last.equals(that.last)
                && nth == that.nth
                && deleted.equals(that.deleted);
    }

    @Override
    public int hashCode() {
        return Objects.hash(last, nth, deleted);
    }

    @Override
    public String toString() {
        return "%s, %s. of its LSN".formatted(last, nth);
    }
}
