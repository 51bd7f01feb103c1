package nl.rentguy.crm.kpi.doctor;

import java.util.List;

/**
 * What one check found.
 *
 * @param check what was looked at
 * @param message what is so, with the values that were seen
 * @param remedies what to do about it, each a statement or a sentence of its own; empty when nothing is to be done
 */
public record Finding(String check, Severity severity, String message, List<String> remedies) {

    /** How bad it is. */
    public enum Severity {
        OK,
        /** The job runs, and somebody should look at it. */
        WARNING,
        /** The job cannot run, or its figures would be wrong. */
        ERROR
    }
}
