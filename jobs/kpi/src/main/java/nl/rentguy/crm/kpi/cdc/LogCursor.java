package nl.rentguy.crm.kpi.cdc;

import nl.rentguy.crm.kpi.cdc.LogOffset.Change;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log on after the last change that was read, of which the server sends it again what came shortly before: all
 * transactions that were committed since some earlier checkpoint, in the same order.
 */
final class LogCursor {

    /** The last change that was read before; null once it has come again. */
    private @Nullable LogOffset searched;

    private long committedBefore;
    private boolean inItsTransaction;
    private @Nullable Change last;
    private int nth;

    /** @param saved the last change that was read; null when none was */
    LogCursor(@Nullable LogOffset saved) {
        this.searched = saved;
        this.committedBefore = saved == null ? 0 : saved.complete();
    }

    /**
     * Takes the next change that the server sends.
     *
     * @return the offset after it, which knows of the transaction before from the saved one where the server does not tell; null when
     *     it had been read before
     * @throws SuppressRestartsException when the last change that was read does not come again: something may be missing between it and
     *     this one
     */
    @Nullable
    LogOffset next(Change change) {
        nth = last != null && last.transaction() == change.transaction() && last.lsn() == change.lsn() ? nth + 1 : 1;
        last = change;
        LogOffset until = searched;
        if (until != null && hasBeenRead(change, until)) {
            return null;
        }
        searched = null;
        committedBefore = Math.max(committedBefore, change.committedBefore());
        return new LogOffset(new Change(change.transaction(), change.lsn(), committedBefore), nth);
    }

    private boolean hasBeenRead(Change change, LogOffset until) {
        if (change.transaction() == until.last().transaction()) {
            inItsTransaction = true;
            return change.lsn() < until.last().lsn()
                    || (change.lsn() == until.last().lsn() && nth <= until.nth());
        }
        if (!inItsTransaction && change.committedBefore() > until.last().committedBefore()) {
            // No restart would mend it.
            throw new SuppressRestartsException(new IllegalStateException(
                    "The CRM's log goes on after %s, but the saved state ends before it, at %s: changes between may be lost. Start anew with a snapshot: crm-kpi run --rebuild"
                            .formatted(change, until)));
        }
        return !inItsTransaction;
    }
}
