package nl.rentguy.crm.kpi.operators;

import nl.rentguy.crm.kpi.cdc.RawChange;
import nl.rentguy.crm.kpi.crm.RowChange;

/**
 * What was read of the CRM, in a while.
 *
 * @param snapshotRows rows of the snapshot, and
 * @param changes changes from the log, neither with heartbeats
 * @param deadLetters how many of both were refused
 * @param position the furthest LSN in the CRM's log; 0 for none
 * @param committedAt the latest commit time, milliseconds since the epoch; {@link RowChange#IN_SNAPSHOT} for none
 */
public record SourceProgress(long snapshotRows, long changes, long deadLetters, long position, long committedAt) {

    static final SourceProgress NONE = new SourceProgress(0, 0, 0, 0, RowChange.IN_SNAPSHOT);

    SourceProgress andBeat(RawChange beat) {
        return plus(new SourceProgress(0, 0, 0, beat.position(), beat.committedAt()));
    }

    SourceProgress andRow(RawChange row, boolean refused) {
        boolean inSnapshot = row.committedAtMicros() == RowChange.IN_SNAPSHOT;
        return plus(new SourceProgress(
                inSnapshot ? 1 : 0, inSnapshot ? 0 : 1, refused ? 1 : 0, row.position(), row.committedAt()));
    }

    SourceProgress plus(SourceProgress other) {
        return new SourceProgress(
                snapshotRows + other.snapshotRows,
                changes + other.changes,
                deadLetters + other.deadLetters,
                Math.max(position, other.position),
                Math.max(committedAt, other.committedAt));
    }
}
