package nl.rentguy.crm.kpi.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.Contribution.OfMeasures;
import nl.rentguy.crm.kpi.engine.Contribution.OfRow;
import org.jspecify.annotations.Nullable;

/**
 * Turns changes of one entity, and the passing of time, into changes of sums and rows. What is active is never stored: it follows from the
 * state and one instant, so that is what an entity costs.
 */
public final class EntityEngine<S> {

    /**
     * An entity between two calls.
     *
     * @param state null when nothing of the entity is left
     * @param evaluatedAt KPI time up to which effects have been emitted; {@link KpiTime#NONE} before the first
     * @param nextBoundary before then time alone changes nothing, in KPI time; {@link Long#MAX_VALUE} when it never does again. Of no
     *     meaning before the first effects
     */
    public record Evaluated<S>(@Nullable S state, long evaluatedAt, long nextBoundary) {

        public static <S> Evaluated<S> nothing() {
            return new Evaluated<>(null, KpiTime.NONE, Long.MAX_VALUE);
        }
    }

    private record RowKey(String table, List<Object> key) {}

    private final EntityModel<S> model;

    public EntityEngine(EntityModel<S> model) {
        this.model = model;
    }

    /** Takes in a row read before there is any KPI time. Nothing is emitted until {@link #advance}. */
    public Evaluated<S> load(Evaluated<S> entity, RowChange change) {
        return new Evaluated<>(model.fold(entity.state(), change), entity.evaluatedAt(), entity.nextBoundary());
    }

    /** What the entity that it is a part of needs to know of it; null when nothing. */
    public CrmRow.@Nullable Part part(Evaluated<S> entity) {
        S state = entity.state();
        return state == null ? null : model.part(state);
    }

    /**
     * Applies a change that counts from {@code now} on. What time alone changed before then is emitted first, each at its own instant.
     *
     * @param now not before the time up to which the entity was evaluated
     */
    public Evaluated<S> change(Evaluated<S> entity, RowChange change, long now, Effects out) {
        Evaluated<S> passed = entity.evaluatedAt() == KpiTime.NONE || now >= entity.nextBoundary()
                ? advance(entity, now, out)
                : entity;
        S before = passed.state();
        S changed = model.fold(before, change);
        S after = changed == null ? null : model.prune(changed, Instant.ofEpochMilli(now));
        List<Contribution> lost = new ArrayList<>();
        List<Contribution> gained = new ArrayList<>();
        model.difference(before, changed, now, lost::add, gained::add);
        boolean moves = before != null && changed != null && model.movesToAnotherTenant(before, changed);
        emitDifference(lost, gained, now, moves, out);
        return new Evaluated<>(
                after,
                now,
                after == null ? Long.MAX_VALUE : Math.min(stillAhead(passed, now), nextBoundary(after, gained, now)));
    }

    /** What was ahead of the entity may be so still; when it is not, the entity is looked at once for nothing. */
    private static long stillAhead(Evaluated<?> entity, long now) {
        return entity.state() == null || entity.nextBoundary() <= now ? Long.MAX_VALUE : entity.nextBoundary();
    }

    private static void emitDifference(
            List<Contribution> lost, List<Contribution> gained, long now, boolean moves, Effects out) {
        Map<AccumulatorKey, Measures> sums = new LinkedHashMap<>();
        Map<RowKey, KpiRow> rows = new LinkedHashMap<>();
        for (Contribution contribution : lost) {
            if (!contribution.holdsAt(now)) {
                continue;
            }
            if (contribution instanceof OfMeasures of) {
                sums.merge(of.key(), of.measures().negated(), Measures::plus);
            } else if (contribution instanceof OfRow of) {
                rows.put(new RowKey(of.table(), of.row().key()), of.row());
            }
        }
        for (Contribution contribution : gained) {
            if (contribution instanceof OfMeasures of) {
                if (of.holdsAt(now)) {
                    sums.merge(of.key(), of.measures(), Measures::plus);
                }
            } else if (contribution instanceof OfRow of) {
                boolean isHistory = of.isHistoryAt(now);
                if (of.holdsAt(now) || isHistory) {
                    KpiRow row = of.row();
                    if (!row.equals(rows.remove(new RowKey(of.table(), row.key())))) {
                        out.row(of.table(), row.key(), row.values(), now);
                    }
                    if (isHistory) {
                        out.history(of.table(), row.key(), now);
                    }
                }
            }
        }
        rows.keySet().forEach(row -> {
            if (moves) {
                out.moved(row.table, row.key, now);
            } else {
                out.row(row.table, row.key, null, now);
            }
        });
        sums.forEach((accumulator, measures) -> {
            if (!measures.isZero()) {
                out.sums(new Delta(accumulator, now, measures));
            }
        });
    }

    /** Lets time pass up to and including {@code now}. When it has passed already, it is told anew what comes next, where that was not known. */
    public Evaluated<S> advance(Evaluated<S> entity, long now, Effects out) {
        long since = entity.evaluatedAt();
        S state = entity.state();
        if (state == null) {
            return entity;
        }
        if (now <= since) {
            return entity.nextBoundary() > since
                    ? entity
                    : new Evaluated<>(state, since, nextBoundary(state, contributions(state, since, since), since));
        }
        List<Contribution> contributed = contributions(state, since == KpiTime.NONE ? now : since, now);
        List<Boundary> boundaries = new ArrayList<>();
        for (Contribution contribution : contributed) {
            addBoundaries(contribution, since, now, boundaries);
        }
        // A row that ends and one of the same key that begins at the same instant: the latter stands.
        boundaries.sort(Comparator.comparingLong(Boundary::at).thenComparing(Boundary::begins));
        boundaries.forEach(boundary -> boundary.emit(out));
        S left = model.prune(state, Instant.ofEpochMilli(now));
        if (left == null) {
            return new Evaluated<>(null, now, Long.MAX_VALUE);
        }
        return new Evaluated<>(
                left, now, nextBoundary(left, left == state ? contributed : contributions(left, now, now), now));
    }

    /** The instant at which a contribution begins, or ends. */
    private record Boundary(Contribution contribution, long at, boolean begins) {

        void emit(Effects out) {
            if (contribution instanceof OfMeasures of) {
                out.sums(new Delta(
                        of.key(), at, begins ? of.measures() : of.measures().negated()));
            } else if (contribution instanceof OfRow of) {
                if (begins || !of.stays()) {
                    out.row(of.table(), of.row().key(), begins ? of.row().values() : null, at);
                }
                if (of.isHistoryAt(at)) {
                    out.history(of.table(), of.row().key(), at);
                }
            }
        }
    }

    private static void addBoundaries(Contribution contribution, long since, long now, List<Boundary> to) {
        long first = contribution.first();
        long end = contribution.end();
        if (since == KpiTime.NONE) {
            if (contribution.holdsAt(now) || contribution.isHistoryAt(now)) {
                to.add(new Boundary(contribution, now, true));
            }
        } else if (first < end) {
            if (since < first && first <= now) {
                to.add(new Boundary(contribution, first, true));
            }
            if (since < end && end <= now) {
                to.add(new Boundary(contribution, end, false));
            }
        }
    }

    private long nextBoundary(S state, List<Contribution> contributed, long now) {
        long expires = KpiTime.atOrAfter(model.expiresAt(state));
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

    private List<Contribution> contributions(S state, long from, long until) {
        List<Contribution> result = new ArrayList<>();
        model.contribute(state, from, until, result::add);
        return result;
    }
}
