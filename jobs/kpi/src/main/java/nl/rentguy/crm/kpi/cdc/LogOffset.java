package nl.rentguy.crm.kpi.cdc;

import io.debezium.connector.postgresql.SourceInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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

    private final Change last;
    private final int nth;

    /**
     * Where a change stands in the log.
     *
     * @param transaction its id, of 32 bits as the log has it
     * @param lsn several changes that one statement made may have the same
     * @param committedBefore end of the transaction that was committed before it; 0 when nothing was read before it
     */
    record Change(int transaction, long lsn, long committedBefore) {

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
        this.last = last;
        this.nth = nth;
    }

    /** What was saved; null when no change of the log had been read. */
    static @Nullable LogOffset saved(Map<String, String> offset) {
        String nth = offset.get(NTH);
        return nth == null ? null : new LogOffset(Change.of(offset), Integer.parseInt(nth));
    }

    Change last() {
        return last;
    }

    int nth() {
        return nth;
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
        return offset;
    }

    @Override
    public int compareTo(Offset other) {
        return Long.compare(last.lsn, Long.parseLong(other.getOffset().get(LSN)));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LogOffset that && last.equals(that.last) && nth == that.nth;
    }

    @Override
    public int hashCode() {
        return Objects.hash(last, nth);
    }

    @Override
    public String toString() {
        return "%s, %s. of its LSN".formatted(last, nth);
    }
}
