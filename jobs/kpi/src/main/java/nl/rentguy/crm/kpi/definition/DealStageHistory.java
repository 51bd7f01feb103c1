package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.INTEGER;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;
import static nl.rentguy.crm.kpi.definition.SqlType.TIMESTAMPTZ;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Locale;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Contributions;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_deal_stage_history}: every visit of a deal to a stage. Of all that the KPIs rest on it is what the CRM's rows do not
 * tell, so a job that starts without state reads it back. Of a deal that is deleted the rows stay and tell when it was, but for visits that
 * were history by then; when it is restored under its id, the visits of its new life are numbered on.
 */
public final class DealStageHistory implements RowKpi {

    /** What the columns are derived from. */
    private record View(
            Deal deal,
            int visit,
            long pipelineId,
            long stageId,
            Instant enteredAt,
            @Nullable Instant leftAt,
            @Nullable Instant closedAt,
            long valueCents,
            String currency,
            @Nullable String outcome) {

        static View of(Deal deal, StageVisit over, @Nullable Instant closedAt, @Nullable String outcome) {
            return new View(
                    deal,
                    over.number(),
                    over.pipelineId(),
                    over.stageId(),
                    over.enteredAt(),
                    over.leftAt(),
                    closedAt,
                    over.valueCents(),
                    over.currency(),
                    outcome);
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_deal_stage_history")
            .key("tenant_id", TEXT, v -> v.deal.tenantId())
            .key("deal_id", BIGINT, v -> v.deal.id())
            .key("visit", INTEGER, View::visit)
            .column("pipeline_id", BIGINT, View::pipelineId)
            .column("stage_id", BIGINT, View::stageId)
            .column("entered_at", TIMESTAMPTZ, View::enteredAt)
            .column("left_at", TIMESTAMPTZ, View::leftAt)
            .column("closed_at", TIMESTAMPTZ, View::closedAt)
            .column("value", NUMERIC, v -> BigDecimal.valueOf(v.valueCents, 2))
            .column("currency", TEXT, View::currency)
            .column("outcome", TEXT, View::outcome)
            .column("deleted_at", TIMESTAMPTZ, v -> null)
            .retainedRows("outcome", "left_at", "closed_at", "deleted_at");

    private final KpiSettings settings;

    DealStageHistory(KpiSettings settings) {
        this.settings = settings;
    }

    /** 2: a visit that ended long ago is history. */
    @Override
    public int version() {
        return 2;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        StageVisit over = history.closedVisit();
        String outcome = deal.isOpen() ? history.reopened() ? "reopened" : null : word(deal.outcome());
        View current = over != null
                ? View.of(deal, over, history.closedAt(), outcome)
                : new View(
                        deal,
                        history.visit(),
                        deal.pipelineId(),
                        deal.stageId(),
                        history.stageEnteredAt(),
                        null,
                        history.closedAt(),
                        deal.valueCents(),
                        deal.currency(),
                        outcome);
        to.row(TABLE.name(), TABLE.row(current));
    }

    @Override
    public void contribute(Deal deal, StageVisit left, Contributions to) {
        to.rowUntilHistory(
                settings.historyFrom(left.leftAt()),
                TABLE.name(),
                TABLE.row(View.of(deal, left, null, word(left.end()))));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
