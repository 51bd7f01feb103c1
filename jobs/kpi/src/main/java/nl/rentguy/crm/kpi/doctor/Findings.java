package nl.rentguy.crm.kpi.doctor;

import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.doctor.Finding.Severity;

/** Collects findings about one database. */
final class Findings {

    private final String database;
    private final List<Finding> list = new ArrayList<>();

    /** @param database stands before the name of each check */
    Findings(String database) {
        this.database = database;
    }

    List<Finding> list() {
        return list;
    }

    void ok(String check, String message) {
        add(check, Severity.OK, message, List.of());
    }

    /** @param remedies each a statement or a sentence of its own */
    void warning(String check, String message, String... remedies) {
        add(check, Severity.WARNING, message, List.of(remedies));
    }

    /** @param remedies each a statement or a sentence of its own */
    void error(String check, String message, String... remedies) {
        add(check, Severity.ERROR, message, List.of(remedies));
    }

    /** An error when the condition does not hold. */
    void require(boolean condition, String check, String message, String... remedies) {
        require(condition, check, message, List.of(remedies));
    }

    /** An error when the condition does not hold. */
    void require(boolean condition, String check, String message, List<String> remedies) {
        add(check, condition ? Severity.OK : Severity.ERROR, message, condition ? List.of() : remedies);
    }

    private void add(String check, Severity severity, String message, List<String> remedies) {
        list.add(new Finding(database + " " + check, severity, message, remedies));
    }
}
