package nl.rentguy.crm.kpi.store;

/** Another job keeps a table that this one is to keep. */
public final class TableTakenException extends Exception {

    private static final long serialVersionUID = 1;

    TableTakenException(String message) {
        super(message);
    }
}
