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
import nl.rentguy.crm.kpi.engine.MeasureLayout.TimeMeasure;
import nl.rentguy.crm.kpi.engine.Measures;

/**
 * {@code crm_deals_daily}: the deals that were created, won and lost on each day, by the stage and currency they are in now. For
 * time series and for filters by date: columns that begin with {@code created_} are about the deals that were created on the day.
 */
public final class DealsDaily implements SumKpi {

    private static final List<String> DEALS = List.of();

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure CREATED = LAYOUT.measure();
    private static final Measure CREATED_VALUE = LAYOUT.measure();
    private static final Measure WON = LAYOUT.measure();
    private static final Measure WON_VALUE = LAYOUT.measure();
    private static final Measure LOST = LAYOUT.measure();
    private static final Measure LOST_VALUE = LAYOUT.measure();
    private static final Measure WEIGHTED = LAYOUT.measure();
    private static final TimeMeasure CREATED_AT = LAYOUT.timeMeasure();
    private static final Measure OPEN = LAYOUT.measure();
    private static final Measure WON_30D = LAYOUT.measure();
    private static final Measure WON_VALUE_30D = LAYOUT.measure();
    private static final Measure LOST_30D = LAYOUT.measure();
    private static final Measure CLOSED = LAYOUT.measure();
    private static final TimeMeasure CYCLE = LAYOUT.timeMeasure();
    private static final Measure FORECAST = LAYOUT.measure();
    private static final DealMeasures.Closed EVER_CLOSED = new DealMeasures.Closed(CLOSED, CYCLE);
    private static final DealMeasures.Outcome LATELY =
            new DealMeasures.Outcome(LAYOUT, WON_30D, WON_VALUE_30D, LOST_30D);
    private static final DealMeasures.Forecast EXPECTED = new DealMeasures.Forecast(LAYOUT, FORECAST);

    /** What the columns are derived from: the key as it was contributed, and the sums. */
    private record View(List<String> key, Measures sums) {}

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_deals_daily")
            .key("tenant_id", TEXT, v -> v.key.get(0))
            .key("pipeline_id", BIGINT, v -> Long.valueOf(v.key.get(1)))
            .key("stage_id", BIGINT, v -> Long.valueOf(v.key.get(2)))
            .key("currency", TEXT, v -> v.key.get(3))
            .key("day", DATE, v -> LocalDate.parse(v.key.get(4)))
            .column("created_deals", BIGINT, v -> CREATED.of(v.sums))
            .column("created_value", NUMERIC, v -> CREATED_VALUE.of(v.sums, 2))
            .column("won_deals", BIGINT, v -> WON.of(v.sums))
            .column("won_value", NUMERIC, v -> WON_VALUE.of(v.sums, 2))
            .column("lost_deals", BIGINT, v -> LOST.of(v.sums))
            .column("lost_value", NUMERIC, v -> LOST_VALUE.of(v.sums, 2))
            .column("created_weighted_value", NUMERIC, v -> WEIGHTED.of(v.sums, 4))
            .column("created_seconds_sum", NUMERIC, v -> CREATED_AT.seconds(v.sums))
            .column("created_open_deals", BIGINT, v -> OPEN.of(v.sums))
            .column("created_won_deals_30d", BIGINT, v -> WON_30D.of(v.sums))
            .column("created_won_value_30d", NUMERIC, v -> WON_VALUE_30D.of(v.sums, 2))
            .column("created_lost_deals_30d", BIGINT, v -> LOST_30D.of(v.sums))
            .column("created_closed_deals", BIGINT, v -> CLOSED.of(v.sums))
            .column("created_cycle_seconds_sum", NUMERIC, v -> CYCLE.seconds(v.sums))
            .column("created_forecast_next_30d", NUMERIC, v -> FORECAST.of(v.sums, 4));

    private final KpiSettings settings;

    public DealsDaily(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        long value = deal.valueCents();
        AccumulatorKey created = accumulator(deal, deal.createdAt());
        MeasureLayout.Builder always = LAYOUT.builder()
                .add(CREATED, 1)
                .add(CREATED_VALUE, value)
                .add(WEIGHTED, deal.weighted())
                .add(CREATED_AT, deal.createdAt())
                .addIf(deal.isOpen(), OPEN);
        EVER_CLOSED.add(history, always);
        to.always(created, always.measures());
        LATELY.contributeInWindow(history, settings, created, to);
        EXPECTED.contribute(deal, settings, created, to);
        Instant closed = history.closedAt();
        if (closed != null) {
            MeasureLayout.Builder outcome = deal.outcome() == Deal.Outcome.WON
                    ? LAYOUT.builder().add(WON, 1).add(WON_VALUE, value)
                    : LAYOUT.builder().add(LOST, 1).add(LOST_VALUE, value);
            to.always(accumulator(deal, closed), outcome.measures());
        }
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(DEALS);
        return sums == null ? List.of() : List.of(TABLE.row(new View(key, sums)));
    }

    private AccumulatorKey accumulator(Deal deal, Instant instant) {
        List<String> key = List.of(
                deal.tenantId(),
                Long.toString(deal.pipelineId()),
                Long.toString(deal.stageId()),
                deal.currency(),
                settings.dayOf(instant).toString());
        return new AccumulatorKey(new AggregateKey(TABLE.name(), key), DEALS);
    }
}
