package nl.rentguy.crm.kpi.cdc;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * The transactions whose changes a query of PostgreSQL sees, as {@code pg_current_snapshot()} tells them. No position in the log does:
 * a transaction is written there long before its changes are seen, and what it wrote stands before what others had committed.
 */
final class VisibleTransactions {

    private static final String BEGIN = "seen.xmin";
    private static final String END = "seen.xmax";
    private static final String RUNNING = "seen.xip.";

    private final int begin;
    private final int end;
    private final Set<Integer> running;

    private VisibleTransactions(int begin, int end, Set<Integer> running) {
        this.begin = begin;
        this.end = end;
        this.running = running;
    }

    /**
     * As PostgreSQL writes it: {@code xmin:xmax:xip,...}.
     *
     * @throws IllegalArgumentException when it is something else
     */
    static VisibleTransactions parse(String snapshot) {
        String[] parts = snapshot.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("'%s' is no snapshot; expected xmin:xmax:xip".formatted(snapshot));
        }
        Set<Integer> running = new HashSet<>();
        for (String id : parts[2].split(",", -1)) {
            if (!id.isEmpty()) {
                running.add(id(id));
            }
        }
        return new VisibleTransactions(id(parts[0]), id(parts[1]), running);
    }

    /**
     * As it was saved.
     *
     * @throws SuppressRestartsException when it was not
     */
    static VisibleTransactions saved(Map<String, String> offset) {
        Set<Integer> running = new HashSet<>();
        offset.forEach((key, id) -> {
            if (key.startsWith(RUNNING)) {
                running.add(id(id));
            }
        });
        return new VisibleTransactions(saved(offset, BEGIN), saved(offset, END), running);
    }

    private static int saved(Map<String, String> offset, String key) {
        String id = offset.get(key);
        if (id == null) {
            // No restart would mend it.
            throw new SuppressRestartsException(
                    new IllegalStateException(
                            "The saved state is of a version that did not tell what the snapshot saw. Start anew with a snapshot: crm-kpi run --rebuild"));
        }
        return id(id);
    }

    private static int id(String text) {
        return (int) Long.parseLong(text);
    }

    /** To be saved in an offset of Flink CDC, all of whose values are numbers. */
    void save(Map<String, String> offset) {
        offset.put(BEGIN, Integer.toString(begin));
        offset.put(END, Integer.toString(end));
        int i = 0;
        for (int id : running) {
            offset.put(RUNNING + i++, Integer.toString(id));
        }
    }

    /** @param transaction its id, of 32 bits as the log has it: one of the two thousand million before or after */
    boolean contains(int transaction) {
        // Differences of 32 bits are right also where the ids begin again.
        if (transaction - begin < 0) {
            return true;
        }
        return transaction - end < 0 && !running.contains(transaction);
    }
}
