package nl.rentguy.crm.kpi.job;

import nl.rentguy.crm.kpi.crm.CrmTable;

/** The operators' ids. Savepoints are matched by them: a changed id is lost state. */
final class Uids {

    static final String CRM_SOURCE = "crm-source";
    static final String DECODE = "decode";
    static final String COMMIT_CLOCK = "commit-clock";
    static final String DEAD_LETTER_SINK = "dead-letter-sink";
    static final String ACTIVITIES = "activities";
    static final String STAGES = "stages";
    static final String LEADS = "leads";
    static final String DEALS = "deals";
    static final String PIPELINES = "pipelines";
    static final String RUNS = "runs";
    static final String METRICS = "metrics";
    static final String COMBINE = "combine";
    static final String ACCUMULATE = "accumulate";
    static final String WRITE = "write";
    static final String STATUS = "status";
    static final String STATUS_SINK = "status-sink";
    static final String HEARTBEAT_SOURCE = "heartbeat-source";
    static final String HEARTBEAT_SINK = "heartbeat-sink";

    private Uids() {}

    /** The changes of that CRM table. */
    static String rows(CrmTable table) {
        return table.tableName().replace('_', '-') + "-rows";
    }

    /** The same, on their way to the entity that each row is. */
    static String ownRows(CrmTable table) {
        return table.tableName().replace('_', '-') + "-own-rows";
    }
}
