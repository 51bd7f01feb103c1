package nl.rentguy.crm.kpi.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Rows that wait for KPI time to pass them. Of several with one key the latest counts. */
public final class PendingRows {

    private record Key(String table, List<Object> key) {}

    /** By KPI time. */
    private final TreeMap<Long, Map<Key, TableRow>> rows = new TreeMap<>();

    /** Adds a row; one of the same key and time is replaced. */
    public void add(TableRow row) {
        Map<Key, TableRow> atOnce = rows.computeIfAbsent(row.asOf(), time -> new LinkedHashMap<>());
        Key key = new Key(row.table(), row.key());
        atOnce.remove(key);
        atOnce.put(key, row);
    }

    /** Takes out what counts at that KPI time: of each key the latest row that is not after it. */
    public List<TableRow> takeUntil(long kpiTime) {
        NavigableMap<Long, Map<Key, TableRow>> due = rows.headMap(kpiTime, true);
        Map<Key, TableRow> latest = new LinkedHashMap<>();
        due.values().forEach(latest::putAll);
        due.clear();
        return new ArrayList<>(latest.values());
    }

    /** Forgets each row up to that KPI time that a later one up to it replaces. */
    public void compact(long kpiTime) {
        if (rows.headMap(kpiTime, true).size() > 1) {
            takeUntil(kpiTime).forEach(this::add);
        }
    }

    /** All of them, in order of time. */
    public List<TableRow> all() {
        List<TableRow> all = new ArrayList<>();
        rows.values().forEach(atOnce -> all.addAll(atOnce.values()));
        return all;
    }
}
