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
     * @param nextBoundary when time alone changes something next, in KPI time; {@link Long#MAX_VALUE} when it never does again. Of no
     *     meaning before the first deltas
     */
    public record Tracked<S>(@Nullable S state, long evaluatedAt, long nextBoundary) {

        public static <S> Tracked<S> nothing() {
            return new Tracked<>(null, KpiTime.NONE, Long.MAX_VALUE);
        }
    }

    private final EntityModel<S> model;

    public EntityEngine(EntityModel<S> model) {
        this.model = model;
    }

    /** Takes in a row read before there is any KPI time. Nothing is emitted until {@link #advance}. */
    public Tracked<S> load(Tracked<S> entity, RowChange change) {
        return new Tracked<>(model.fold(entity.state(), change), entity.evaluatedAt(), entity.nextBoundary());
    }

    /**
     * Applies a change that counts from {@code now} on. What time alone changed before then is emitted first, each at its
     * own instant. The entity's contributions are evaluated twice, before and after, however many there are.
     *
     * @param now not before the time up to which the entity was evaluated
     */
    public Tracked<S> change(Tracked<S> entity, RowChange change, long now, Consumer<Delta> out) {
        Passed<S> before = pass(entity, now, out);
        S changed = model.fold(before.state, change);
        S after = changed == null ? null : model.forget(changed, Instant.ofEpochMilli(now));
        List<Contribution> contributed = contributions(after);
        Map<Cell, Amounts> difference = new LinkedHashMap<>();
        for (Contribution held : before.contributions) {
            if (held.holdsAt(now)) {
                difference.merge(held.cell(), held.amounts().negated(), Amounts::plus);
            }
        }
        for (Contribution holds : contributed) {
            if (holds.holdsAt(now)) {
                difference.merge(holds.cell(), holds.amounts(), Amounts::plus);
            }
        }
        difference.forEach((cell, amounts) -> {
            if (!amounts.isZero()) {
                out.accept(new Delta(cell, now, amounts));
            }
        });
        return new Tracked<>(after, now, nextBoundary(after, contributed, now));
    }

    /** Lets time pass up to and including {@code now}. */
    public Tracked<S> advance(Tracked<S> entity, long now, Consumer<Delta> out) {
        if (now <= entity.evaluatedAt()) {
            return entity;
        }
        Passed<S> passed = pass(entity, now, out);
        return new Tracked<>(passed.state, now, nextBoundary(passed.state, passed.contributions, now));
    }

    /** An entity at an instant, and all that it contributes at any. */
    private record Passed<S>(@Nullable S state, List<Contribution> contributions) {}

    private Passed<S> pass(Tracked<S> entity, long now, Consumer<Delta> out) {
        S state = entity.state();
        if (state == null) {
            return new Passed<>(null, List.of());
        }
        List<Contribution> contributed = contributions(state);
        long since = entity.evaluatedAt();
        if (now <= since) {
            return new Passed<>(state, contributed);
        }
        if (since == KpiTime.NONE || now >= entity.nextBoundary()) {
            contributed.forEach(contribution -> emit(contribution, since, now, out));
        }
        S left = model.forget(state, Instant.ofEpochMilli(now));
        return new Passed<>(left, left == state ? contributed : contributions(left));
    }

    private static void emit(Contribution c, long since, long now, Consumer<Delta> out) {
        if (since == KpiTime.NONE) {
            if (c.holdsAt(now)) {
                out.accept(new Delta(c.cell(), now, c.amounts()));
            }
            return;
        }
        long first = c.first();
        long end = c.end();
        if (first < end) {
            if (since < first && first <= now) {
                out.accept(new Delta(c.cell(), first, c.amounts()));
            }
            if (since < end && end <= now) {
                out.accept(new Delta(c.cell(), end, c.amounts().negated()));
            }
        }
    }

    private long nextBoundary(@Nullable S state, List<Contribution> contributed, long now) {
        long expires = state == null ? Long.MAX_VALUE : KpiTime.atOrAfter(model.expiresAt(state));
        long next = expires > now ? expires : Long.MAX_VALUE;
        for (Contribution c : contributed) {
            if (c.first() > now && c.first() < c.end()) {
                next = Math.min(next, c.first());
            } else if (c.end() > now) {
                next = Math.min(next, c.end());
            }
        }
        return next;
    }

    private List<Contribution> contributions(@Nullable S state) {
        List<Contribution> result = new ArrayList<>();
        if (state != null) {
            model.contribute(state, result::add);
        }
        return result;
    }
}
