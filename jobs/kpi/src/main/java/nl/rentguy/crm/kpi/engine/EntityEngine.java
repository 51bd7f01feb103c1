package nl.rentguy.crm.kpi.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import nl.rentguy.crm.kpi.crm.RowChange;
import org.jspecify.annotations.Nullable;

/**
 * Turns changes of one entity, and the passing of time, into deltas. What is active is never stored: the delta is
 * {@code active(new, now) - active(old, evaluatedAt)}, so an entity costs its state and one instant.
 */
public final class EntityEngine<S> {

    /**
     * An entity between two calls.
     *
     * @param state null when nothing of the entity is left
     * @param evaluatedAt KPI time up to which deltas have been emitted; {@link KpiTime#NONE} before the first
     */
    public record Tracked<S>(@Nullable S state, long evaluatedAt) {

        public static <S> Tracked<S> nothing() {
            return new Tracked<>(null, KpiTime.NONE);
        }
    }

    private final EntityModel<S> model;

    public EntityEngine(EntityModel<S> model) {
        this.model = model;
    }

    /** Takes in a row read before there is any KPI time. Nothing is emitted until {@link #advance}. */
    public Tracked<S> load(Tracked<S> entity, RowChange change) {
        return new Tracked<>(model.fold(entity.state(), change), entity.evaluatedAt());
    }

    /**
     * Applies a change that counts from {@code now} on. What time alone changed before then is emitted first, each at its
     * own instant.
     *
     * @param now not before the time up to which the entity was evaluated
     */
    public Tracked<S> change(Tracked<S> entity, RowChange change, long now, Consumer<Delta> out) {
        Tracked<S> before = advance(entity, now, out);
        S changed = model.fold(before.state(), change);
        S after = changed == null ? null : model.forget(changed, Instant.ofEpochMilli(now));
        Map<Cell, Amounts> difference = new LinkedHashMap<>();
        for (Contribution held : contributions(before.state())) {
            if (held.holdsAt(now)) {
                difference.merge(held.cell(), held.amounts().negated(), Amounts::plus);
            }
        }
        for (Contribution holds : contributions(after)) {
            if (holds.holdsAt(now)) {
                difference.merge(holds.cell(), holds.amounts(), Amounts::plus);
            }
        }
        difference.forEach((cell, amounts) -> {
            if (!amounts.isZero()) {
                out.accept(new Delta(cell, now, amounts));
            }
        });
        return new Tracked<>(after, now);
    }

    /** Lets time pass up to and including {@code now}. */
    public Tracked<S> advance(Tracked<S> entity, long now, Consumer<Delta> out) {
        S state = entity.state();
        long since = entity.evaluatedAt();
        if (now <= since) {
            return entity;
        }
        if (state == null) {
            return new Tracked<>(null, now);
        }
        for (Contribution c : contributions(state)) {
            if (since == KpiTime.NONE) {
                if (c.holdsAt(now)) {
                    out.accept(new Delta(c.cell(), now, c.amounts()));
                }
                continue;
            }
            long first = c.firstMillis();
            long end = c.endMillis();
            if (first >= end) {
                continue;
            }
            if (since < first && first <= now) {
                out.accept(new Delta(c.cell(), first, c.amounts()));
            }
            if (since < end && end <= now) {
                out.accept(new Delta(c.cell(), end, c.amounts().negated()));
            }
        }
        return new Tracked<>(model.forget(state, Instant.ofEpochMilli(now)), now);
    }

    /** When time alone changes something next, in KPI time; {@link Long#MAX_VALUE} when it never does again. */
    public long nextBoundary(Tracked<S> entity) {
        S state = entity.state();
        long expires = state == null ? Long.MAX_VALUE : KpiTime.atOrAfter(model.expiresAt(state));
        long next = expires > entity.evaluatedAt() ? expires : Long.MAX_VALUE;
        for (Contribution c : contributions(state)) {
            long first = c.firstMillis();
            long end = c.endMillis();
            if (first > entity.evaluatedAt() && first < end) {
                next = Math.min(next, first);
            } else if (end > entity.evaluatedAt()) {
                next = Math.min(next, end);
            }
        }
        return next;
    }

    private List<Contribution> contributions(@Nullable S state) {
        List<Contribution> result = new ArrayList<>(4);
        if (state != null) {
            model.contribute(state, result::add);
        }
        return result;
    }
}
