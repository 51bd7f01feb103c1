package nl.rentguy.crm.kpi.job;

/** The operators' ids. Savepoints are matched by them: a changed id is lost state. */
final class Uids {

    static final String CRM_SOURCE = "crm-source";
    static final String DECODE = "decode";
    static final String COMMIT_CLOCK = "commit-clock";
    static final String DEAD_LETTER_SINK = "dead-letter-sink";
    static final String STAGE_HISTORY = "stage-history";
    static final String PRE_AGGREGATE = "pre-aggregate";
    static final String AGGREGATE = "aggregate";
    static final String WRITE = "write";
    static final String STATUS = "status";
    static final String STATUS_SINK = "status-sink";
    static final String HEARTBEAT_SOURCE = "heartbeat-source";
    static final String HEARTBEAT_SINK = "heartbeat-sink";

    private Uids() {}

    /** Changes of the rows that are, or are the roots of, entities with so many kinds above them. */
    static String ownRows(int depth) {
        return "own-rows-" + depth;
    }

    /** Entities with so many kinds above them. */
    static String entities(int depth) {
        return "entities-" + depth;
    }
}
