package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;
import static nl.rentguy.crm.kpi.definition.SqlType.TIMESTAMPTZ;

import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiTime;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_watchlist_items}: what needs a person now. A row appears when its condition begins, mostly by the mere passing of
 * time, and vanishes when it ends. What it is about is in {@code crm_deals}, which the view {@code crm_operational_watchlist} joins.
 */
public final class Watchlist implements RowKpi {

    /** Why something is on the list. */
    private enum Kind {
        IDLE_DEAL,
        STALE_STAGE,
        FAILED_RUN,
        OVERDUE_RUN,
        OVERDUE_TASK
    }

    /** What the columns are derived from. */
    private record Item(
            Kind kind,
            String tenant,
            long id,
            Instant since,
            @Nullable Long dealId,
            @Nullable String workflow) {

        static Item of(Kind kind, Deal deal, Instant since) {
            return new Item(kind, deal.tenantId(), deal.id(), since, deal.id(), null);
        }

        static Item of(Kind kind, AutomationRun run, Instant since) {
            return new Item(kind, run.tenantId(), run.id(), since, run.dealId(), run.workflowId());
        }
    }

    private static final KpiTable<Item> TABLE = KpiTable.<Item>named("crm_watchlist_items")
            .key("tenant_id", TEXT, Item::tenant)
            .key("kind", TEXT, item -> item.kind.name().toLowerCase(Locale.ROOT))
            .key("item_id", BIGINT, Item::id)
            .column("since", TIMESTAMPTZ, Item::since)
            .column("deal_id", BIGINT, Item::dealId)
            .column("workflow_id", TEXT, Item::workflow);

    private final KpiSettings settings;

    public Watchlist(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    private static void add(Item item, Instant from, Instant until, Contributions to) {
        to.rowBetween(from, until, TABLE.name(), TABLE.row(item));
    }

    /** Stale from so long after it came into its stage. */
    @Override
    public void contribute(DealHistory history, Contributions to) {
        if (history.deal().isOpen()) {
            Instant since = history.stageEnteredAt().plus(settings.stale());
            add(Item.of(Kind.STALE_STAGE, history.deal(), since), KpiTime.justAfter(since), Instant.MAX, to);
        }
    }

    /** Idle from so long after an activity, or its creation, until the next. */
    @Override
    public void contribute(DealHistory history, Instant activity, Instant next, Contributions to) {
        Instant since = activity.plus(settings.idle());
        if (history.deal().isOpen() && since.isBefore(next)) {
            add(Item.of(Kind.IDLE_DEAL, history.deal(), since), since, next, to);
        }
    }

    @Override
    public void contribute(Activity task, Contributions to) {
        if (task.isOpenTask()) {
            Instant due = Objects.requireNonNull(task.dueAt(), "an open task is due some time");
            add(
                    new Item(Kind.OVERDUE_TASK, task.tenantId(), task.id(), due, task.dealId(), null),
                    KpiTime.justAfter(due),
                    Instant.MAX,
                    to);
        }
    }

    @Override
    public void contribute(AutomationRun run, Contributions to) {
        if (run.isFailed()) {
            Instant failed = run.completedAt() == null ? run.createdAt() : run.completedAt();
            add(
                    Item.of(Kind.FAILED_RUN, run, failed),
                    run.createdAt(),
                    run.createdAt().plus(settings.window()),
                    to);
        }
        settings.whileWatchedAsOverdue(
                run, (from, until) -> add(Item.of(Kind.OVERDUE_RUN, run, settings.deadline(run)), from, until, to));
    }
}
