package nl.rentguy.crm.kpi.doctor;

import java.sql.SQLException;
import java.util.Locale;
import nl.rentguy.crm.kpi.doctor.Doctor.Start;

/** The CRM server's replication slots: room for the job's, how the job's is, what it holds back. */
final class SlotChecks {

    private static final long GIB = 1L << 30;

    private final Query query;
    private final Findings findings;
    private final String slot;
    private final Start start;

    SlotChecks(Query query, Findings findings, String slot, Start start) {
        this.query = query;
        this.findings = findings;
        this.slot = slot;
        this.start = start;
    }

    void run() throws SQLException {
        boolean exists = !query.texts("SELECT 1 FROM pg_replication_slots WHERE slot_name = ?", slot)
                .isEmpty();
        boolean snapshot = start != Start.CONTINUE && start != Start.RUNNING;
        if (start != Start.RUNNING) {
            int needed = snapshot && !exists ? 1 : 0;
            room("free slots", "max_replication_slots", "SELECT count(*) FROM pg_replication_slots", needed);
            room("free senders", "max_wal_senders", "SELECT count(*) FROM pg_stat_replication", 1);
        }
        if (exists && start == Start.ANEW) {
            findings.error(
                    "slot",
                    "there is a slot '%s' already, but no saved state in state.dir".formatted(slot),
                    "Correct state.dir when the slot is of this job; give it a cdc.slot-name of its own when it is of another; or discard the slot: crm-kpi run --rebuild");
        } else if (exists) {
            health();
        } else if (snapshot) {
            findings.ok("slot", "'%s' will be made at the first start".formatted(slot));
        } else {
            findings.error(
                    "slot",
                    "there is no slot '%s', which kept the log since the saved state: the changes since are lost"
                            .formatted(slot),
                    "Start anew with a snapshot: crm-kpi run --rebuild");
        }
    }

    private void room(String check, String setting, String used, long needed) throws SQLException {
        long most = query.number("SELECT current_setting(?)", setting);
        long free = most - query.number(used);
        findings.require(
                free >= needed,
                check,
                "%d of %d free, %d needed".formatted(free, most, needed),
                "Drop slots that nobody uses; or, and then restart the server:",
                "ALTER SYSTEM SET %s = %s".formatted(setting, most + needed - Math.max(0, free)));
    }

    private void health() throws SQLException {
        String status = query.text("SELECT wal_status FROM pg_replication_slots WHERE slot_name = ?", slot);
        String reader = query.text("SELECT active_pid FROM pg_replication_slots WHERE slot_name = ?", slot);
        boolean logical = query.is(
                "SELECT coalesce(plugin = 'pgoutput' AND database = current_database(), false) FROM pg_replication_slots WHERE slot_name = ?",
                slot);
        if (!logical) {
            findings.error(
                    "slot",
                    "'%s' is not a pgoutput slot of this database".formatted(slot),
                    "Choose another name with cdc.slot-name");
        } else if (status.equals("lost") && start != Start.REBUILD) {
            findings.error(
                    "slot",
                    "the server has removed log that '%s' needed: changes are lost".formatted(slot),
                    "Start anew with a snapshot: crm-kpi run --rebuild; and raise max_slot_wal_keep_size");
        } else if (!reader.isEmpty() && start == Start.RUNNING) {
            findings.ok("slot", "'%s' is being read by the running job, its log is %s".formatted(slot, status));
            retained();
        } else if (!reader.isEmpty()) {
            findings.error(
                    "slot",
                    "'%s' is being read, by the server process %s".formatted(slot, reader),
                    "That is a running job: end it first, or give this one a cdc.slot-name of its own. After a kill the server frees the slot within wal_sender_timeout");
        } else {
            findings.ok("slot", "'%s' is free, its log is %s".formatted(slot, status));
            if (!status.equals("lost")) {
                retained();
            }
        }
    }

    private void retained() throws SQLException {
        long bytes = query.number(
                "SELECT coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint FROM pg_replication_slots WHERE slot_name = ?",
                slot);
        long perHour = query.number("""
                SELECT coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') /
                       greatest(1, extract(epoch FROM now() - pg_postmaster_start_time())) * 3600, 0)::bigint""");
        long measured = query.number("""
                SELECT coalesce(wal_bytes / greatest(1, extract(epoch FROM now() - stats_reset)) * 3600, 0)::bigint
                FROM pg_stat_wal""");
        long rate = measured > 0 ? measured : perHour;
        String left = query.text("SELECT safe_wal_size FROM pg_replication_slots WHERE slot_name = ?", slot);
        String message =
                "%s of log are kept for '%s'; the server writes %s an hour".formatted(size(bytes), slot, size(rate));
        if (left.isEmpty()) {
            findings.warning(
                    "retained log",
                    message + "; without a limit a job that is down fills the disk",
                    "Choose less than the disk has free:",
                    "ALTER SYSTEM SET max_slot_wal_keep_size = '%s GB'".formatted(Math.max(10, 2 * bytes / GIB)),
                    "SELECT pg_reload_conf()");
            return;
        }
        long free = Long.parseLong(left);
        double hours = rate == 0 ? Double.POSITIVE_INFINITY : (double) free / rate;
        String whole = "%s; %s more fit, enough for %s"
                .formatted(
                        message,
                        size(free),
                        hours > 24 * 365 ? "more than a year" : String.format(Locale.ROOT, "%.1f hours", hours));
        if (hours < 24) {
            findings.warning(
                    "retained log",
                    whole,
                    "Raise max_slot_wal_keep_size: a job that is down for longer must start anew");
        } else {
            findings.ok("retained log", whole);
        }
    }

    private static String size(long bytes) {
        return bytes < GIB
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}
