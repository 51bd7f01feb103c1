package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.DATE;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.Measures;

/**
 * {@code crm_closed_deals_daily}: the deals that were won and lost on each day that the dashboard can look back to, by the stage
 * and currency they are in now and the day on which they were created: what a look-back and a date filter together need.
 */
public final class ClosedDealsDaily implements SumKpi {

    private static final List<String> DEALS = List.of();

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure WON = LAYOUT.measure();
    private static final Measure WON_VALUE = LAYOUT.measure();
    private static final Measure LOST = LAYOUT.measure();
    private static final DealMeasures.Outcome OUTCOME = new DealMeasures.Outcome(LAYOUT, WON, WON_VALUE, LOST);

    /** What the columns are derived from: the key as it was contributed, and the sums. */
    private record View(List<String> key, Measures sums) {}

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_closed_deals_daily")
            .key("tenant_id", TEXT, v -> v.key.get(0))
            .key("pipeline_id", BIGINT, v -> Long.valueOf(v.key.get(1)))
            .key("stage_id", BIGINT, v -> Long.valueOf(v.key.get(2)))
            .key("currency", TEXT, v -> v.key.get(3))
            .key("closed_day", DATE, v -> LocalDate.parse(v.key.get(4)))
            .key("created_day", DATE, v -> LocalDate.parse(v.key.get(5)))
            .column("won_deals", BIGINT, v -> WON.of(v.sums))
            .column("won_value", NUMERIC, v -> WON_VALUE.of(v.sums, 2))
            .column("lost_deals", BIGINT, v -> LOST.of(v.sums));

    private final KpiSettings settings;

    public ClosedDealsDaily(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Instant closed = history.closedAt();
        if (closed == null) {
            return;
        }
        Deal deal = history.deal();
        LocalDate day = settings.dayOf(closed);
        List<String> key = List.of(
                deal.tenantId(),
                Long.toString(deal.pipelineId()),
                Long.toString(deal.stageId()),
                deal.currency(),
                day.toString(),
                settings.dayOf(deal.createdAt()).toString());
        to.between(
                settings.startOf(day),
                settings.endOfLookback(day),
                new AccumulatorKey(new AggregateKey(TABLE.name(), key), DEALS),
                OUTCOME.of(deal).measures());
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(DEALS);
        return sums == null ? List.of() : List.of(TABLE.row(new View(key, sums)));
    }
}
