package nl.rentguy.crm.kpi.kpi;

import static nl.rentguy.crm.kpi.kpi.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.kpi.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.kpi.SqlType.TEXT;
import static nl.rentguy.crm.kpi.kpi.SqlType.TIMESTAMPTZ;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealFile;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.engine.Slots;
import nl.rentguy.crm.kpi.engine.Slots.Sum;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_watchlist_items}: what needs a person now. A row appears when its condition begins, mostly by the mere passing of
 * time, and vanishes when it ends.
 *
 * <p>Each item is a line: what it tells is its text.
 */
public final class Watchlist implements Kpi {

    private static final Slots SLOTS = new Slots();
    private static final Sum COUNT = SLOTS.sum();

    /** Why something is on the list. */
    private enum Kind {
        IDLE_DEAL,
        STALE_STAGE,
        FAILED_RUN,
        OVERDUE_RUN,
        OVERDUE_TASK
    }

    /** Writes and reads texts that may be null as parts of a line. */
    private static final class Optionals {
        static String written(@Nullable Object value) {
            return value == null ? "" : "=" + value;
        }

        static @Nullable String read(String part) {
            return part.isEmpty() ? null : part.substring(1);
        }
    }

    /** What the columns are derived from: the key, and the line in the order of the other columns. */
    private record View(List<String> key, List<String> line) {

        @Nullable
        String text(int part) {
            return Optionals.read(line.get(part));
        }

        @Nullable
        Long number(int part) {
            String text = text(part);
            return text == null ? null : Long.valueOf(text);
        }

        @Nullable
        BigDecimal amount(int part) {
            Long cents = number(part);
            return cents == null ? null : BigDecimal.valueOf(cents, 2);
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_watchlist_items")
            .key("tenant_id", TEXT, v -> v.key.get(0))
            .key("kind", TEXT, v -> v.key.get(1))
            .key("item_id", BIGINT, v -> Long.valueOf(v.key.get(2)))
            .column("since", TIMESTAMPTZ, v -> Instant.parse(v.line.get(0)))
            .column("deal_id", BIGINT, v -> v.number(1))
            .column("title", TEXT, v -> v.text(2))
            .column("pipeline_id", BIGINT, v -> v.number(3))
            .column("stage_id", BIGINT, v -> v.number(4))
            .column("value", NUMERIC, v -> v.amount(5))
            .column("currency", TEXT, v -> v.text(6))
            .column("workflow_id", TEXT, v -> v.text(7));

    private final KpiSettings settings;

    public Watchlist(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealFile file, Contributions to) {
        DealHistory history = file.history();
        Deal deal = history == null ? null : history.deal();
        if (history != null && history.deal().isOpen()) {
            whileIdle(history.deal(), file, to);
            whileStale(history, to);
        }
        file.runs().values().forEach(run -> contribute(run, deal, to));
        for (Activity task : file.activities().values()) {
            if (task.isOpenTask()) {
                Instant due = Objects.requireNonNull(task.dueAt(), "an open task is due some time");
                new Item(Kind.OVERDUE_TASK, task.tenantId(), task.id(), due, task.dealId(), deal, null)
                        .contribute(KpiTime.justAfter(due), Instant.MAX, to);
            }
        }
    }

    @Override
    public void contribute(AutomationRun run, Contributions to) {
        // With its deal it is in the deal's file.
        if (run.dealId() == null) {
            contribute(run, null, to);
        }
    }

    /** From so long after each activity, the deal's creation being the first, until the next: in the gaps between them. */
    private void whileIdle(Deal deal, DealFile file, Contributions to) {
        List<Instant> instants = new ArrayList<>();
        for (Activity activity : file.activities().values()) {
            if (activity.tenantId().equals(deal.tenantId())) {
                instants.add(activity.occurredAt());
            }
        }
        instants.sort(null);
        instants.add(Instant.MAX);
        Instant last = deal.createdAt();
        for (Instant next : instants) {
            Instant since = last.plus(settings.idle());
            if (since.isBefore(next)) {
                new Item(Kind.IDLE_DEAL, deal.tenantId(), deal.id(), since, deal.id(), deal, null)
                        .contribute(since, next, to);
            }
            last = next;
        }
    }

    private void whileStale(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        Instant since = history.stageEnteredAt().plus(settings.stale());
        new Item(Kind.STALE_STAGE, deal.tenantId(), deal.id(), since, deal.id(), deal, null)
                .contribute(KpiTime.justAfter(since), Instant.MAX, to);
    }

    private void contribute(AutomationRun run, @Nullable Deal deal, Contributions to) {
        if (run.isFailed()) {
            Instant failed = run.completedAt() == null ? run.createdAt() : run.completedAt();
            new Item(Kind.FAILED_RUN, run.tenantId(), run.id(), failed, run.dealId(), deal, run.workflowId())
                    .contribute(run.createdAt(), run.createdAt().plus(settings.window()), to);
        }
        settings.whileWatchedAsOverdue(run, (from, until) -> new Item(
                        Kind.OVERDUE_RUN,
                        run.tenantId(),
                        run.id(),
                        settings.deadline(run),
                        run.dealId(),
                        deal,
                        run.workflowId())
                .contribute(from, until, to));
    }

    /** A row, wherever it comes from. */
    private record Item(
            Kind kind,
            String tenant,
            long id,
            Instant since,
            @Nullable Long dealId,
            @Nullable Deal deal,
            @Nullable String workflow) {

        void contribute(Instant from, Instant until, Contributions to) {
            // What a row says of another tenant's deal takes nothing of it across.
            Deal shown = deal != null && deal.tenantId().equals(tenant) ? deal : null;
            Cell.Group group = new Cell.Group(
                    TABLE.name(), List.of(tenant, kind.name().toLowerCase(Locale.ROOT), Long.toString(id)));
            List<String> line = List.of(
                    since.toString(),
                    Optionals.written(dealId),
                    Optionals.written(shown == null ? null : shown.title()),
                    Optionals.written(shown == null ? null : shown.pipelineId()),
                    Optionals.written(shown == null ? null : shown.stageId()),
                    Optionals.written(shown == null ? null : shown.valueCents()),
                    Optionals.written(shown == null ? null : shown.currency()),
                    Optionals.written(workflow));
            to.between(
                    from,
                    until,
                    new Cell(group, line),
                    SLOTS.fill().add(COUNT, 1).amounts());
        }
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Amounts> lines, Instant asOf) {
        return lines.keySet().stream()
                .map(line -> TABLE.row(new View(key, line)))
                .toList();
    }
}
