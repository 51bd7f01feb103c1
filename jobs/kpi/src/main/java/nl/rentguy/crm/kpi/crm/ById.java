package nl.rentguy.crm.kpi.crm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows by their id. Immutable: a change copies one of the drawers that they are in, so that it costs hardly more with thousands of rows
 * than with ten.
 *
 * @param drawers each with the ids that leave the same rest; of few rows there are few drawers, and never none
 * @param size how many rows there are
 */
public record ById<V>(List<Map<Long, V>> drawers, int size) {

    private static final int MOST_IN_DRAWER = 64;

    /** No rows. */
    public static <V> ById<V> none() {
        return new ById<>(List.of(Map.of()), 0);
    }

    /** Those rows. */
    public static <V> ById<V> of(Map<Long, V> rows) {
        return new ById<>(List.of(Map.copyOf(rows)), rows.size()).spread();
    }

    /** With that row under the id, or without the id when there is none. */
    public ById<V> with(long id, @Nullable V row) {
        int at = drawer(id);
        Map<Long, V> drawer = new HashMap<>(drawers.get(at));
        V before = row == null ? drawer.remove(id) : drawer.put(id, row);
        List<Map<Long, V>> changed = new ArrayList<>(drawers);
        changed.set(at, drawer);
        int added = (row == null ? 0 : 1) - (before == null ? 0 : 1);
        return new ById<>(changed, size + added).spread();
    }

    /** The row with that id; null when there is none. */
    public @Nullable V get(long id) {
        return drawers.get(drawer(id)).get(id);
    }

    private int drawer(long id) {
        return (int) Math.floorMod(id, (long) drawers.size());
    }

    private ById<V> spread() {
        if (size <= MOST_IN_DRAWER * drawers.size()) {
            return this;
        }
        int more = drawers.size();
        while (size > MOST_IN_DRAWER * more / 2) {
            more *= 2;
        }
        List<Map<Long, V>> spread = new ArrayList<>();
        for (int i = 0; i < more; i++) {
            spread.add(new HashMap<>());
        }
        for (Map<Long, V> drawer : drawers) {
            for (Map.Entry<Long, V> row : drawer.entrySet()) {
                spread.get((int) Math.floorMod(row.getKey(), (long) more)).put(row.getKey(), row.getValue());
            }
        }
        return new ById<>(spread, size);
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** All of them. */
    public Map<Long, V> all() {
        Map<Long, V> all = new HashMap<>();
        drawers.forEach(all::putAll);
        return all;
    }

    /** Those that are not the same in the other ones; drawers that both have are not opened. */
    public Map<Long, V> notIn(ById<V> others) {
        if (drawers.size() != others.drawers.size()) {
            Map<Long, V> different = all();
            different.entrySet().removeIf(row -> Objects.equals(others.get(row.getKey()), row.getValue()));
            return different;
        }
        Map<Long, V> different = new HashMap<>();
        for (int i = 0; i < drawers.size(); i++) {
            Map<Long, V> other = others.drawers.get(i);
            if (drawers.get(i) != other) {
                drawers.get(i).forEach((id, row) -> {
                    if (!Objects.equals(other.get(id), row)) {
                        different.put(id, row);
                    }
                });
            }
        }
        return different;
    }

    /** Whether both have the same rows, however they are spread. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ById<?> that && size == that.size && all().equals(that.all());
    }

    @Override
    public int hashCode() {
        return all().hashCode();
    }
}
