package nl.rentguy.crm.kpi.kpi;

import static nl.rentguy.crm.kpi.kpi.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.kpi.SqlType.INTEGER;
import static nl.rentguy.crm.kpi.kpi.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.kpi.SqlType.TEXT;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.Durations;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.PipelineBoard;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.KpiTime;
import nl.rentguy.crm.kpi.engine.Slots;
import nl.rentguy.crm.kpi.engine.Slots.Sum;
import nl.rentguy.crm.kpi.engine.Slots.TimeSum;

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

    private static final Slots SLOTS = new Slots();
    private static final Sum COUNT = SLOTS.sum();
    private static final Sum VALUE = SLOTS.sum();
    private static final Sum WEIGHTED = SLOTS.sum();
    private static final TimeSum CREATED = SLOTS.timeSum();
    private static final Sum OPEN = SLOTS.sum();
    private static final Sum OPEN_VALUE = SLOTS.sum();
    private static final Sum OPEN_WEIGHTED = SLOTS.sum();
    private static final TimeSum OPEN_CREATED = SLOTS.timeSum();
    private static final TimeSum ENTERED = SLOTS.timeSum();
    private static final Sum STALE = SLOTS.sum();
    private static final Sum VISITS = SLOTS.sum();
    private static final TimeSum VISITS_LENGTH = SLOTS.timeSum();
    private static final Sum CLOSED = SLOTS.sum();
    private static final TimeSum CYCLE = SLOTS.timeSum();
    private static final Sum FORECAST = SLOTS.sum();
    private static final Sum WON = SLOTS.sum();
    private static final Sum WON_VALUE = SLOTS.sum();
    private static final Sum LOST = SLOTS.sum();

    /** What the columns are derived from. */
    private record View(String tenant, Header stage, String currency, Amounts sums, Instant asOf) {

        long count(Sum sum) {
            return sum.of(sums);
        }
    }

    /** The stage as the line that names it says. */
    private record Header(long pipelineId, String pipelineName, long stageId, String stageName, int stageOrder) {

        static List<String> line(Pipeline pipeline, String stageName, int stageOrder) {
            return List.of(
                    STAGE, Long.toString(pipeline.id()), pipeline.name(), stageName, Integer.toString(stageOrder));
        }

        static Header of(long stageId, List<String> line) {
            return new Header(
                    Long.parseLong(line.get(1)), line.get(2), stageId, line.get(3), Integer.parseInt(line.get(4)));
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
        Cell cell = cell(deal.tenantId(), deal.stageId(), List.of(DEALS, deal.currency()));
        Slots.Filling inStage = SLOTS.fill()
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
                    cell,
                    SLOTS.fill().add(STALE, 1).amounts());
        }
        Instant closed = history.closedAt();
        if (closed != null) {
            inStage.add(CLOSED, 1).add(CYCLE, Durations.between(deal.createdAt(), closed));
            Slots.Filling outcome = deal.outcome() == Deal.Outcome.WON
                    ? SLOTS.fill().add(WON, 1).add(WON_VALUE, deal.valueCents())
                    : SLOTS.fill().add(LOST, 1);
            to.between(closed, closed.plus(settings.window()), cell, outcome.amounts());
        }
        to.always(cell, inStage.amounts());
        settings.whileExpected(
                deal,
                (from, until) -> to.between(
                        from, until, cell, SLOTS.fill().add(FORECAST, weighted).amounts()));
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
                cell(deal.tenantId(), visit.stageId(), List.of(DEALS, deal.currency())),
                SLOTS.fill().add(VISITS, 1).add(VISITS_LENGTH, visit.length()).amounts());
    }

    @Override
    public void contribute(PipelineBoard board, Contributions to) {
        Pipeline pipeline = board.pipeline();
        if (pipeline == null) {
            return;
        }
        board.stages()
                .all()
                .values()
                .forEach(stage -> to.always(
                        cell(pipeline.tenantId(), stage.id(), Header.line(pipeline, stage.name(), stage.order())),
                        SLOTS.fill().add(COUNT, 1).amounts()));
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Amounts> lines, Instant asOf) {
        List<String> line = Currencies.header(STAGE, lines);
        if (line == null) {
            return List.of();
        }
        Header stage = Header.of(Long.parseLong(key.get(1)), line);
        return Currencies.rows(
                DEALS,
                lines,
                settings.defaultCurrency(),
                SLOTS.none(),
                (currency, sums) -> TABLE.row(new View(key.get(0), stage, currency, sums, asOf)));
    }

    @Override
    public boolean ages(Map<List<String>, Amounts> lines) {
        return lines.entrySet().stream()
                .anyMatch(line -> line.getKey().get(0).equals(DEALS) && COUNT.of(line.getValue()) > 0);
    }

    private static Cell cell(String tenant, long stageId, List<String> line) {
        return new Cell(new Cell.Group(TABLE.name(), List.of(tenant, Long.toString(stageId))), line);
    }
}
