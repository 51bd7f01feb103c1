package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineAggregate;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.MeasureLayout.TimeMeasure;
import nl.rentguy.crm.kpi.engine.Measures;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_sales_velocity}: what each pipeline sells, how often it wins, how long that takes, and so how fast it earns.
 *
 * <p>Sales velocity = open deals x average won value x win rate / average length of a won deal, per day; the standard
 * formula of sales management. A row per pipeline and currency that occurs in it; a pipeline without deals has one row of
 * zeros in the default currency.
 */
public final class SalesVelocity implements SumKpi {

    private static final Duration DAY = Duration.ofDays(1);
    private static final BigInteger MICROS_OF_DAY = BigInteger.valueOf(DAY.toNanos() / 1000);
    private static final String PIPELINE = "pipeline";
    private static final String DEALS = "deals";

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure COUNT = LAYOUT.measure();
    private static final Measure VALUE = LAYOUT.measure();
    private static final Measure WEIGHTED = LAYOUT.measure();
    private static final Measure OPEN = LAYOUT.measure();
    private static final Measure OPEN_VALUE = LAYOUT.measure();
    private static final Measure OPEN_WEIGHTED = LAYOUT.measure();
    private static final Measure CLOSED = LAYOUT.measure();
    private static final TimeMeasure CYCLE = LAYOUT.timeMeasure();
    private static final Measure WON = LAYOUT.measure();
    private static final Measure WON_VALUE = LAYOUT.measure();
    private static final TimeMeasure WON_CYCLE = LAYOUT.timeMeasure();
    private static final Measure LOST = LAYOUT.measure();
    private static final Measure FORECAST = LAYOUT.measure();
    private static final DealMeasures.Closed EVER_CLOSED = new DealMeasures.Closed(CLOSED, CYCLE);
    private static final DealMeasures.Outcome OUTCOME = new DealMeasures.Outcome(LAYOUT, WON, WON_VALUE, LOST);
    private static final DealMeasures.Forecast EXPECTED = new DealMeasures.Forecast(LAYOUT, FORECAST);

    /** What the columns are derived from. */
    private record View(
            String tenant, long pipelineId, String pipelineName, String currency, Measures sums, Duration window) {

        long count(Measure sum) {
            return sum.of(sums);
        }

        BigDecimal winRate() {
            long closed = count(WON) + count(LOST);
            return closed == 0 ? BigDecimal.ZERO : MeasureLayout.quotient(BigDecimal.valueOf(count(WON)), closed);
        }

        @Nullable
        BigDecimal mean(Measure value, Measure count) {
            return count(count) == 0 ? null : MeasureLayout.quotient(value.of(sums, 2), count(count));
        }

        /** The formula of the class as one quotient, so that nothing is rounded on the way. */
        @Nullable
        BigDecimal velocityPerDay() {
            BigInteger cycle = WON_CYCLE.micros(sums);
            if (count(WON) == 0 || cycle.signum() == 0) {
                return null;
            }
            BigDecimal dividend = WON_VALUE
                    .of(sums, 2)
                    .multiply(BigDecimal.valueOf(count(OPEN)))
                    .multiply(BigDecimal.valueOf(count(WON)))
                    .multiply(new BigDecimal(MICROS_OF_DAY));
            return MeasureLayout.quotient(
                    dividend, new BigDecimal(cycle.multiply(BigInteger.valueOf(count(WON) + count(LOST)))));
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_sales_velocity")
            .key("tenant_id", TEXT, View::tenant)
            .key("pipeline_id", BIGINT, View::pipelineId)
            .key("currency", TEXT, View::currency)
            .column("pipeline_name", TEXT, View::pipelineName)
            .column("total_deals", BIGINT, v -> v.count(COUNT))
            .column("open_deals", BIGINT, v -> v.count(OPEN))
            .column("open_value", NUMERIC, v -> OPEN_VALUE.of(v.sums, 2))
            .column("open_weighted_value", NUMERIC, v -> OPEN_WEIGHTED.of(v.sums, 4))
            .column("total_pipeline_value", NUMERIC, v -> VALUE.of(v.sums, 2))
            .column("weighted_pipeline_value", NUMERIC, v -> WEIGHTED.of(v.sums, 4))
            .column("won_deals_30d", BIGINT, v -> v.count(WON))
            .column("won_value_30d", NUMERIC, v -> WON_VALUE.of(v.sums, 2))
            .column("lost_deals_30d", BIGINT, v -> v.count(LOST))
            .column("win_rate_30d", NUMERIC, View::winRate)
            .column("avg_deal_value", NUMERIC, v -> v.mean(VALUE, COUNT))
            .column("avg_won_deal_value_30d", NUMERIC, v -> v.mean(WON_VALUE, WON))
            .column("avg_deal_cycle_days", NUMERIC, v -> CYCLE.mean(v.sums, v.count(CLOSED), DAY))
            .column("avg_won_cycle_days_30d", NUMERIC, v -> WON_CYCLE.mean(v.sums, v.count(WON), DAY))
            .column("forecast_next_30d", NUMERIC, v -> FORECAST.of(v.sums, 4))
            .column(
                    "won_value_per_day_30d",
                    NUMERIC,
                    v -> MeasureLayout.quotient(WON_VALUE.of(v.sums, 2), v.window.toDays()))
            .column("sales_velocity_per_day", NUMERIC, View::velocityPerDay);

    private final KpiSettings settings;

    public SalesVelocity(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        long weighted = deal.weighted();
        AccumulatorKey accumulator = accumulator(deal.tenantId(), deal.pipelineId(), List.of(DEALS, deal.currency()));
        MeasureLayout.Builder always =
                LAYOUT.builder().add(COUNT, 1).add(VALUE, deal.valueCents()).add(WEIGHTED, weighted);
        if (deal.isOpen()) {
            always.add(OPEN, 1).add(OPEN_VALUE, deal.valueCents()).add(OPEN_WEIGHTED, weighted);
        }
        EVER_CLOSED.add(history, always);
        to.always(accumulator, always.measures());
        Instant closed = history.closedAt();
        if (closed != null) {
            MeasureLayout.Builder outcome = OUTCOME.of(deal);
            if (deal.outcome() == Deal.Outcome.WON) {
                outcome.add(WON_CYCLE, DealMeasures.Closed.length(deal, closed));
            }
            to.between(closed, closed.plus(settings.window()), accumulator, outcome.measures());
        }
        EXPECTED.contribute(deal, settings, accumulator, to);
    }

    @Override
    public void contribute(PipelineAggregate aggregate, Contributions to) {
        Pipeline pipeline = aggregate.pipeline();
        if (pipeline != null) {
            to.always(
                    accumulator(pipeline.tenantId(), pipeline.id(), List.of(PIPELINE, pipeline.name())),
                    LAYOUT.builder().add(COUNT, 1).measures());
        }
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        List<String> pipeline = Currencies.header(PIPELINE, buckets);
        if (pipeline == null) {
            return List.of();
        }
        return Currencies.rows(
                DEALS,
                buckets,
                settings.defaultCurrency(),
                LAYOUT.none(),
                (currency, sums) -> TABLE.row(new View(
                        key.get(0), Long.parseLong(key.get(1)), pipeline.get(1), currency, sums, settings.window())));
    }

    private static AccumulatorKey accumulator(String tenant, long pipelineId, List<String> bucket) {
        return new AccumulatorKey(new AggregateKey(TABLE.name(), List.of(tenant, Long.toString(pipelineId))), bucket);
    }
}
