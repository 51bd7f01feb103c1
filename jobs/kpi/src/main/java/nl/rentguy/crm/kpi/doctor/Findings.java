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
        add(check, Severity.OK, message, "");
    }

    void warning(String check, String message, String remedy) {
        add(check, Severity.WARNING, message, remedy);
    }

    void error(String check, String message, String remedy) {
        add(check, Severity.ERROR, message, remedy);
    }

    /** An error when the condition does not hold. */
    void require(boolean condition, String check, String message, String remedy) {
        add(check, condition ? Severity.OK : Severity.ERROR, message, condition ? "" : remedy);
    }

    private void add(String check, Severity severity, String message, String remedy) {
        list.add(new Finding(database + " " + check, severity, message, remedy));
    }
}
