package nl.rentguy.crm.kpi.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Rows that wait for KPI time to pass them. Of several with one key the latest counts; when that one is gone, also what it was before, as
 * some tables retain it.
 */
public final class PendingRows {

    private record Key(String table, List<Object> key, boolean isGone) {

        static Key of(TableRow row) {
            return new Key(row.table(), row.key(), row.isGone());
        }

        static Key ofGone(TableRow row) {
            return new Key(row.table(), row.key(), true);
        }
    }

    /** By KPI time. */
    private final TreeMap<Long, Map<Key, TableRow>> rows = new TreeMap<>();

    /** Adds a row; one of the same key and time is replaced. */
    public void add(TableRow row) {
        Map<Key, TableRow> atOnce = rows.computeIfAbsent(row.asOf(), time -> new LinkedHashMap<>());
        putLast(row, atOnce);
    }

    private static void putLast(TableRow row, Map<Key, TableRow> to) {
        if (!row.isGone()) {
            to.remove(Key.ofGone(row));
        }
        to.remove(Key.of(row));
        to.put(Key.of(row), row);
    }

    /** Takes out what counts at that KPI time: of each key the latest row that is not after it, and what it was when that one is gone. */
    public List<TableRow> takeUntil(long kpiTime) {
        NavigableMap<Long, Map<Key, TableRow>> due = rows.headMap(kpiTime, true);
        Map<Key, TableRow> latest = new LinkedHashMap<>();
        due.values().forEach(atOnce -> atOnce.values().forEach(row -> putLast(row, latest)));
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
