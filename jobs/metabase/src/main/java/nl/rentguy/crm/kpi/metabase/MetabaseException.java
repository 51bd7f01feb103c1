package nl.rentguy.crm.kpi.metabase;

/** A Metabase server that cannot be reached, or does not take what it is sent. The message names it, and what helps. */
public final class MetabaseException extends RuntimeException {

    private static final long serialVersionUID = 1;

    MetabaseException(String message) {
        super(message);
    }

    MetabaseException(String message, Throwable cause) {
        super(message, cause);
    }
}
