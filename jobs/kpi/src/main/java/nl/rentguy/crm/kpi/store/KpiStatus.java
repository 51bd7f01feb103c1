package nl.rentguy.crm.kpi.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code crm_kpi_status}.
 *
 * @param kpiTime null before there is any
 * @param position LSN in the CRM's log; 0 for none
 * @param lagSeconds age of the newest commit that was read; null before one was
 * @param snapshotProgress 0 to 1; null when the size of the CRM is not known
 * @param rowsRead rows of the snapshot and changes since
 */
public record KpiStatus(
        Phase phase,
        @Nullable Instant kpiTime,
        long position,
        @Nullable Double lagSeconds,
        @Nullable Double snapshotProgress,
        long rowsRead,
        long deadLetters) {

    /** How far a job is. */
    public enum Phase {
        /** Reading the rows that were there. */
        SNAPSHOT,
        /** Reading the log, and behind. */
        CATCHING_UP,
        /** The tables follow the CRM. */
        LIVE
    }
}
