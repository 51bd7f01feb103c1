package nl.rentguy.crm.kpi.cdc;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a record says that Debezium's connector for PostgreSQL has written into one of its topics. */
public sealed interface TopicRecord {

    /**
     * A row was read, written or deleted, or its table was truncated.
     *
     * @param transaction id of the CRM's transaction; null in a snapshot
     * @param order of the change in its transaction, from 1 on; 0 when the connector does not provide transaction metadata
     */
    record Change(RawChange change, @Nullable Long transaction, long order) implements TopicRecord {}

    /**
     * A transaction of the CRM is complete once so many of its changes have been read.
     *
     * @param transaction its id in the CRM's database
     * @param changes how many it has in all topics, those of tables that the job does not read among them
     * @param changesByTable the same by table, without schema
     */
    record TransactionEnd(long transaction, long changes, Map<String, Long> changesByTable) implements TopicRecord {}

    /** Nothing that the job needs: a tombstone, a heartbeat or message, the begin of a transaction, a row of a table that it does not read. */
    record Nothing() implements TopicRecord {}

    /**
     * It cannot be read.
     *
     * @param explanation what it is, what was expected, and the remedy; without values of the record
     */
    record Refused(Reason reason, String explanation) implements TopicRecord {}

    /** Why a record is refused. */
    enum Reason {
        /** It is no JSON, or of another shape than Debezium's. */
        NOT_AN_ENVELOPE,
        /** A transformation has taken the row out of its envelope, so that nobody knows what happened to it, and when. */
        FLATTENED,
        /** What happened to the row is none of Debezium's words. */
        UNKNOWN_OPERATION,
        /** What the job needs of it is not there. */
        INCOMPLETE
    }
}
