package nl.rentguy.crm.kpi.doctor;

/**
 * What one check found.
 *
 * @param check what was looked at
 * @param message what is so, with the values that were seen
 * @param remedy what to do about it; empty when nothing is to be done
 */
public record Finding(String check, Severity severity, String message, String remedy) {

    /** How bad it is. */
    public enum Severity {
        OK,
        /** The job runs, and somebody should look at it. */
        WARNING,
        /** The job cannot run, or its figures would be wrong. */
        ERROR
    }
}
