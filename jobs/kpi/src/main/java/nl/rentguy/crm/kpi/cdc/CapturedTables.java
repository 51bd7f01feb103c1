package nl.rentguy.crm.kpi.cdc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.CrmTable;

/** What the job reads of the CRM database: the tables of {@link CrmTable}, and the heartbeat. */
public final class CapturedTables {

    /** Where the CRM's tables are. */
    public static final String SCHEMA = "public";

    /** Written by the job itself; comes back through the log as its clock. */
    public static final String HEARTBEAT = "crm_kpi_heartbeat";

    /** In each beat: what the publication covered when it was written, see {@link #missing}. */
    public static final String HEARTBEAT_COVERED = "covered";

    private static final Map<String, List<String>> COLUMNS = new LinkedHashMap<>();

    static {
        Arrays.stream(CrmTable.values()).forEach(table -> COLUMNS.put(table.tableName(), table.columns()));
        COLUMNS.put(HEARTBEAT, List.of("id", "beat_at", HEARTBEAT_COVERED));
    }

    private CapturedTables() {}

    /** The tables' names, without their schema. */
    public static Collection<String> names() {
        return COLUMNS.keySet();
    }

    /**
     * The columns that are read of that table.
     *
     * @throws IllegalArgumentException when the job does not read it
     */
    public static List<String> columns(String table) {
        List<String> columns = COLUMNS.get(table);
        if (columns == null) {
            throw new IllegalArgumentException("the job does not read " + table);
        }
        return columns;
    }

    /** Every {@code table.column} that is read and that {@code covered} does not name. */
    public static List<String> missing(Collection<String> covered) {
        List<String> missing = new ArrayList<>();
        COLUMNS.forEach((table, columns) -> {
            for (String column : columns) {
                if (!covered.contains(table + "." + column)) {
                    missing.add(table + "." + column);
                }
            }
        });
        return missing;
    }

    /**
     * SQL for every {@code table.column} that the publication covers, for all rows and every kind of change, as one text with
     * commas; {@code ?} is the publication's name.
     */
    public static String coveredSql() {
        return """
                (SELECT coalesce(string_agg(tablename || '.' || attname, ',' ORDER BY tablename, attname), '')
                 FROM pg_publication_tables JOIN pg_publication USING (pubname), unnest(attnames) AS attname
                 WHERE pubname = ? AND schemaname = '%s' AND rowfilter IS NULL AND pubinsert AND pubupdate AND pubdelete)""".formatted(SCHEMA);
    }
}
