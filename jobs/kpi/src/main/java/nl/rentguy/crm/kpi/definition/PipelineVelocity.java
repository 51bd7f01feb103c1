package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.INTEGER;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineAggregate;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.MeasureLayout.TimeMeasure;
import nl.rentguy.crm.kpi.engine.Measures;

/**
 * {@code crm_pipeline_velocity}: the deals of each stage, what they are worth, how old they are and how fast they move.
 *
 * <p>A row per stage and currency that occurs in it; a stage without deals has one row of zeros in the default currency.
 * A deal counts in the stage its row names; a finished stage visit counts in the stage that was visited.
 */
public final class PipelineVelocity implements SumKpi {

    private static final Duration DAY = Duration.ofDays(1);
    private static final String STAGE = "stage";
    private static final String DEALS = "deals";

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure COUNT = LAYOUT.measure();
    private static final Measure VALUE = LAYOUT.measure();
    private static final Measure WEIGHTED = LAYOUT.measure();
    private static final TimeMeasure CREATED = LAYOUT.timeMeasure();
    private static final Measure OPEN = LAYOUT.measure();
    private static final Measure OPEN_VALUE = LAYOUT.measure();
    private static final Measure OPEN_WEIGHTED = LAYOUT.measure();
    private static final TimeMeasure OPEN_CREATED = LAYOUT.timeMeasure();
    private static final TimeMeasure ENTERED = LAYOUT.timeMeasure();
    private static final Measure STALE = LAYOUT.measure();
    private static final Measure VISITS = LAYOUT.measure();
    private static final TimeMeasure VISITS_LENGTH = LAYOUT.timeMeasure();
    private static final Measure CLOSED = LAYOUT.measure();
    private static final TimeMeasure CYCLE = LAYOUT.timeMeasure();
    private static final Measure FORECAST = LAYOUT.measure();
    private static final Measure WON = LAYOUT.measure();
    private static final Measure WON_VALUE = LAYOUT.measure();
    private static final Measure LOST = LAYOUT.measure();
    private static final DealMeasures.Closed EVER_CLOSED = new DealMeasures.Closed(CLOSED, CYCLE);
    private static final DealMeasures.Outcome OUTCOME = new DealMeasures.Outcome(LAYOUT, WON, WON_VALUE, LOST);
    private static final DealMeasures.Forecast EXPECTED = new DealMeasures.Forecast(LAYOUT, FORECAST);

    /** What the columns are derived from. */
    private record View(String tenant, Header stage, String currency, Measures sums, Instant asOf) {

        long count(Measure sum) {
            return sum.of(sums);
        }
    }

    /** The stage as the bucket that names it says. */
    private record Header(long pipelineId, String pipelineName, long stageId, String stageName, int stageOrder) {

        static List<String> bucket(Pipeline pipeline, String stageName, int stageOrder) {
            return List.of(
                    STAGE, Long.toString(pipeline.id()), pipeline.name(), stageName, Integer.toString(stageOrder));
        }

        static Header of(long stageId, List<String> bucket) {
            return new Header(
                    Long.parseLong(bucket.get(1)),
                    bucket.get(2),
                    stageId,
                    bucket.get(3),
                    Integer.parseInt(bucket.get(4)));
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_pipeline_velocity")
            .key("tenant_id", TEXT, View::tenant)
            .key("pipeline_id", BIGINT, v -> v.stage.pipelineId)
            .key("stage_id", BIGINT, v -> v.stage.stageId)
            .key("currency", TEXT, View::currency)
            .column("pipeline_name", TEXT, v -> v.stage.pipelineName)
            .column("stage_name", TEXT, v -> v.stage.stageName)
            .column("stage_order", INTEGER, v -> v.stage.stageOrder)
            .column("deal_count", BIGINT, v -> v.count(COUNT))
            .column("total_value", NUMERIC, v -> VALUE.of(v.sums, 2))
            .column("weighted_value", NUMERIC, v -> WEIGHTED.of(v.sums, 4))
            .column("avg_age_days", NUMERIC, v -> CREATED.meanAge(v.sums, v.count(COUNT), v.asOf, DAY))
            .column("open_deal_count", BIGINT, v -> v.count(OPEN))
            .column("open_value", NUMERIC, v -> OPEN_VALUE.of(v.sums, 2))
            .column("open_weighted_value", NUMERIC, v -> OPEN_WEIGHTED.of(v.sums, 4))
            .column("avg_open_age_days", NUMERIC, v -> OPEN_CREATED.meanAge(v.sums, v.count(OPEN), v.asOf, DAY))
            .column("avg_days_in_stage", NUMERIC, v -> ENTERED.meanAge(v.sums, v.count(OPEN), v.asOf, DAY))
            .column("stale_deal_count", BIGINT, v -> v.count(STALE))
            .column("throughput_count_30d", BIGINT, v -> v.count(VISITS))
            .column("avg_throughput_days", NUMERIC, v -> VISITS_LENGTH.mean(v.sums, v.count(VISITS), DAY))
            .column("won_deals_30d", BIGINT, v -> v.count(WON))
            .column("won_value_30d", NUMERIC, v -> WON_VALUE.of(v.sums, 2))
            .column("lost_deals_30d", BIGINT, v -> v.count(LOST))
            .column("created_seconds_sum", NUMERIC, v -> CREATED.seconds(v.sums))
            .column("closed_deal_count", BIGINT, v -> v.count(CLOSED))
            .column("cycle_seconds_sum", NUMERIC, v -> CYCLE.seconds(v.sums))
            .column("forecast_next_30d", NUMERIC, v -> FORECAST.of(v.sums, 4))
            .column("open_created_seconds_sum", NUMERIC, v -> OPEN_CREATED.seconds(v.sums))
            .column("entered_seconds_sum", NUMERIC, v -> ENTERED.seconds(v.sums));

    private final KpiSettings settings;

    public PipelineVelocity(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        long weighted = deal.weighted();
        AccumulatorKey accumulator = accumulator(deal.tenantId(), deal.stageId(), List.of(DEALS, deal.currency()));
        MeasureLayout.Builder inStage = LAYOUT.builder()
                .add(COUNT, 1)
                .add(VALUE, deal.valueCents())
                .add(WEIGHTED, weighted)
                .add(CREATED, deal.createdAt());
        if (deal.isOpen()) {
            inStage.add(OPEN, 1)
                    .add(OPEN_VALUE, deal.valueCents())
                    .add(OPEN_WEIGHTED, weighted)
                    .add(OPEN_CREATED, deal.createdAt())
                    .add(ENTERED, history.stageEnteredAt());
            to.from(
                    KpiTime.justAfter(history.stageEnteredAt().plus(settings.stale())),
                    accumulator,
                    LAYOUT.builder().add(STALE, 1).measures());
        }
        EVER_CLOSED.add(history, inStage);
        to.always(accumulator, inStage.measures());
        OUTCOME.contributeInWindow(history, settings, accumulator, to);
        EXPECTED.contribute(deal, settings, accumulator, to);
        StageVisit over = history.closedVisit();
        if (over != null) {
            contribute(deal, over, to);
        }
    }

    @Override
    public void contribute(Deal deal, StageVisit visit, Contributions to) {
        to.between(
                visit.leftAt(),
                visit.leftAt().plus(settings.window()),
                accumulator(deal.tenantId(), visit.stageId(), List.of(DEALS, deal.currency())),
                LAYOUT.builder()
                        .add(VISITS, 1)
                        .add(VISITS_LENGTH, visit.length())
                        .measures());
    }

    @Override
    public void contribute(PipelineAggregate aggregate, Contributions to) {
        Pipeline pipeline = aggregate.pipeline();
        if (pipeline == null) {
            return;
        }
        aggregate
                .stages()
                .all()
                .values()
                .forEach(stage -> to.always(
                        accumulator(
                                pipeline.tenantId(), stage.id(), Header.bucket(pipeline, stage.name(), stage.order())),
                        LAYOUT.builder().add(COUNT, 1).measures()));
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        List<String> bucket = Currencies.header(STAGE, buckets);
        if (bucket == null) {
            return List.of();
        }
        Header stage = Header.of(Long.parseLong(key.get(1)), bucket);
        return Currencies.rows(
                DEALS,
                buckets,
                settings.defaultCurrency(),
                LAYOUT.none(),
                (currency, sums) -> TABLE.row(new View(key.get(0), stage, currency, sums, asOf)));
    }

    @Override
    public boolean ages(Map<List<String>, Measures> buckets) {
        return buckets.entrySet().stream()
                .anyMatch(bucket -> bucket.getKey().get(0).equals(DEALS) && COUNT.of(bucket.getValue()) > 0);
    }

    private static AccumulatorKey accumulator(String tenant, long stageId, List<String> bucket) {
        return new AccumulatorKey(new AggregateKey(TABLE.name(), List.of(tenant, Long.toString(stageId))), bucket);
    }
}
