package nl.rentguy.crm.kpi.store;

/** Somebody else writes by now what this one was about to write: a later attempt of the job has taken over. */
public final class SupersededException extends Exception {

    private static final long serialVersionUID = 1;

    SupersededException(String message) {
        super(message);
    }
}
