package nl.rentguy.crm.kpi.cdc;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.crm.CrmTable;
import org.apache.flink.configuration.Configuration;

/** What the job reads of the CRM database: the tables and columns of {@link CrmTable}, those configured, and the heartbeat. */
public final class CaptureSpec implements Serializable {

    private static final long serialVersionUID = 1;

    /** Where the CRM's tables are. */
    public static final String SCHEMA = "public";

    /** Written by the job itself; comes back through the log as its clock. */
    public static final String HEARTBEAT = "crm_kpi_heartbeat";

    /** In each beat: what the publication covered when it was written, see {@link #missing}. */
    public static final String HEARTBEAT_COVERED = "covered";

    static final String TITLE = "title";

    /** Of {@code crm_activities}: what no setting makes the job read. */
    private static final Set<String> NEVER_READ = Set.of("summary", "payload");

    private final LinkedHashMap<String, ArrayList<String>> columns = new LinkedHashMap<>();
    private final String taskDue;
    private final String taskStatus;

    private CaptureSpec(boolean titles, String taskDue, String taskStatus) {
        this.taskDue = taskDue;
        this.taskStatus = taskStatus;
        for (CrmTable table : CrmTable.values()) {
            columns.put(table.tableName(), new ArrayList<>(table.columns()));
        }
        if (titles) {
            add(CrmTable.DEALS, TITLE);
        }
        if (!taskDue.isEmpty()) {
            add(CrmTable.ACTIVITIES, taskDue);
            add(CrmTable.ACTIVITIES, taskStatus);
        }
        columns.put(HEARTBEAT, new ArrayList<>(List.of("id", "beat_at", HEARTBEAT_COVERED)));
    }

    private void add(CrmTable table, String column) {
        if (NEVER_READ.contains(column)) {
            throw new ConfigException(
                    "%s.%s is never read, as it may hold personal data; expected a task's column, such as due_at"
                            .formatted(table.tableName(), column));
        }
        List<String> listed = columns(table.tableName());
        if (listed.contains(column)) {
            throw new ConfigException(
                    "%s.%s is read already, as something else; expected a task's own columns, such as due_at and status"
                            .formatted(table.tableName(), column));
        }
        listed.add(column);
    }

    /**
     * As configured.
     *
     * @throws ConfigException when one of the two task columns is named and the other is not
     */
    public static CaptureSpec of(Configuration config) {
        String due = config.get(JobOptions.CRM_TASK_DUE_COLUMN);
        String status = config.get(JobOptions.CRM_TASK_STATUS_COLUMN);
        if (due.isEmpty() != status.isEmpty()) {
            throw new ConfigException("%s is '%s' and %s is '%s'; expected both, or neither"
                    .formatted(
                            JobOptions.CRM_TASK_DUE_COLUMN.key(),
                            due,
                            JobOptions.CRM_TASK_STATUS_COLUMN.key(),
                            status));
        }
        return new CaptureSpec(config.get(JobOptions.CRM_DEAL_TITLES), due, status);
    }

    /** The tables' names, without their schema. */
    public Collection<String> names() {
        return columns.keySet();
    }

    /**
     * The columns that are read of that table.
     *
     * @throws IllegalArgumentException when the job does not read it
     */
    public List<String> columns(String table) {
        List<String> listed = columns.get(table);
        if (listed == null) {
            throw new IllegalArgumentException("the job does not read " + table);
        }
        return listed;
    }

    /** The column of {@code crm_activities} that tells when a task is due; empty when the CRM sends none. */
    public String taskDue() {
        return taskDue;
    }

    /** The column of {@code crm_activities} that tells a task's status; empty when the CRM sends none. */
    public String taskStatus() {
        return taskStatus;
    }

    /** Every {@code table.column} that is read and that {@code covered} does not name. */
    public List<String> missing(Collection<String> covered) {
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, ArrayList<String>> table : columns.entrySet()) {
            for (String column : table.getValue()) {
                if (!covered.contains(table.getKey() + "." + column)) {
                    missing.add(table.getKey() + "." + column);
                }
            }
        }
        return missing;
    }

    /**
     * SQL for every {@code table.column} that the publication covers, for all rows and every kind of change, as one text with
     * commas; {@code ?} is the publication's name. Tables that share rows with others, as partitions or by inheritance, are not among
     * them: the log has their rows under other names than the snapshot.
     */
    public static String coveredSql() {
        return """
                (SELECT coalesce(string_agg(tablename || '.' || attname, ',' ORDER BY tablename, attname), '')
                 FROM pg_publication_tables JOIN pg_publication USING (pubname), unnest(attnames) AS attname
                 WHERE pubname = ? AND schemaname = '%s' AND rowfilter IS NULL AND pubinsert AND pubupdate AND pubdelete AND pubtruncate
                   AND EXISTS (SELECT FROM pg_class c WHERE c.oid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass
                     AND relkind = 'r' AND NOT EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))))""".formatted(SCHEMA);
    }
}
