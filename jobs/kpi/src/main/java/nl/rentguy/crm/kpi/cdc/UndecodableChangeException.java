package nl.rentguy.crm.kpi.cdc;

/** A change event that cannot be read. */
public final class UndecodableChangeException extends Exception {

    private static final long serialVersionUID = 1;

    /** Why a change event is refused: the closed list of words in {@code crm_kpi_dead_letters.reason}. */
    public enum Reason {
        /** A column that a KPI needs was not sent, or is NULL. */
        MISSING_VALUE("missing_value"),
        /** A value is not of the column's type, or outside of its range. */
        UNREADABLE_VALUE("unreadable_value");

        private final String word;

        Reason(String word) {
            this.word = word;
        }

        /** The word as it stands in the table. */
        public String word() {
            return word;
        }
    }

    private final Reason reason;
    private final String explanation;

    /** @param explanation names the column, its value, what was expected and the remedy */
    public UndecodableChangeException(Reason reason, String explanation) {
        super(explanation);
        this.reason = reason;
        this.explanation = explanation;
    }

    public Reason reason() {
        return reason;
    }

    public String explanation() {
        return explanation;
    }
}
