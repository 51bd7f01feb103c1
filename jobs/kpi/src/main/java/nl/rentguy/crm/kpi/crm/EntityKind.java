package nl.rentguy.crm.kpi.crm;

import static java.util.stream.Collectors.toMap;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What has a state of its own: each row of the CRM is an entity, or the root of one that others are parts of. An entity tells the one that
 * it is a part of what that needs to know of it, see {@link CrmRow.Part}.
 */
public enum EntityKind {
    LEAD(1, CrmTable.LEADS, null),
    DEAL(2, CrmTable.DEALS, LEAD),
    ACTIVITY(3, CrmTable.ACTIVITIES, DEAL),
    PIPELINE(4, CrmTable.PIPELINES, null),
    STAGE(5, CrmTable.PIPELINE_STAGES, PIPELINE),
    RUN(6, CrmTable.AUTOMATION_RUNS, null),
    METRIC(7, CrmTable.ACQUISITION_METRICS, null);

    private static final Map<CrmTable, EntityKind> BY_TABLE =
            new EnumMap<>(Arrays.stream(values()).collect(toMap(EntityKind::table, kind -> kind)));

    private static final Map<Integer, EntityKind> BY_TAG =
            Arrays.stream(values()).collect(toMap(kind -> kind.tag, kind -> kind));

    private final int tag;
    private final CrmTable table;
    private final @Nullable EntityKind parent;
    private final int depth;

    EntityKind(int tag, CrmTable table, @Nullable EntityKind parent) {
        this.tag = tag;
        this.table = table;
        this.parent = parent;
        this.depth = parent == null ? 0 : parent.depth + 1;
    }

    /** The kind whose entities that table's rows are, or are the roots of. */
    public static EntityKind of(CrmTable table) {
        return Objects.requireNonNull(BY_TABLE.get(table));
    }

    /**
     * The kind with that tag.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static EntityKind tagged(int tag) {
        EntityKind kind = BY_TAG.get(tag);
        if (kind == null) {
            throw new IllegalArgumentException("there is no kind of entity with the tag " + tag);
        }
        return kind;
    }

    /** Whose rows its entities are, or are the roots of them. */
    public CrmTable table() {
        return table;
    }

    /** Stands for it in saved state, and never changes. */
    public int tag() {
        return tag;
    }

    /** What its entities are parts of; null when of nothing. */
    public @Nullable EntityKind parent() {
        return parent;
    }

    /** How many kinds there are above it, of which each is a part of the next: 0 for one that is a part of nothing. */
    public int depth() {
        return depth;
    }

    /** The greatest {@link #depth()} there is. */
    public static int deepest() {
        return Arrays.stream(values()).mapToInt(EntityKind::depth).max().orElseThrow();
    }
}
