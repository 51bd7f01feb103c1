package nl.rentguy.crm.kpi.store;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code crm_kpi_status}.
 *
 * @param problem what is not as it should be, in words; null when nothing is known
 * @param kpiTime null before there is any
 * @param position LSN in the CRM's log; 0 for none
 * @param lagSeconds age of the newest commit that was read; null before one was
 * @param snapshotProgress 0 to 1; null when the size of the CRM is not known
 * @param rowsRead rows of the snapshot and changes since
 * @param deadLetters how many of them could not be taken in
 * @param unknownWords status words of the CRM that no setting knows, and how often each was read
 */
public record KpiStatus(
        Phase phase,
        @Nullable String problem,
        @Nullable Instant kpiTime,
        long position,
        @Nullable Double lagSeconds,
        @Nullable Double snapshotProgress,
        long rowsRead,
        long deadLetters,
        Map<String, Long> unknownWords) {

    /** How far a job is. */
    public enum Phase {
        /** Reading the rows that were there. */
        SNAPSHOT,
        /** Reading the log, and behind. */
        CATCHING_UP,
        /** The tables follow the CRM. */
        LIVE,
        /** The tables follow the CRM as far as they can; the problem tells what is wrong. */
        DEGRADED,
        /** It had to stop, and tries again. */
        RESTARTING,
        /** It was stopped. */
        STOPPED,
        /** It has ended, and does not try again. */
        FAILED;

        /** The word as it stands in the table. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
