package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.Measures;

/**
 * {@code crm_lead_funnel}: how many leads became deals, and how many of these were won. {@code crm_lead_funnel_daily} has the
 * same by the day on which a lead, or a deal, was created.
 */
public final class LeadFunnel implements SumKpi {

    private static final List<String> ALL = List.of();

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure LEADS = LAYOUT.measure();
    private static final Measure LEADS_30D = LAYOUT.measure();
    private static final Measure WITH_DEALS = LAYOUT.measure();
    private static final Measure LEADS_WON = LAYOUT.measure();
    private static final Measure DEALS = LAYOUT.measure();
    private static final Measure DEALS_WON = LAYOUT.measure();

    /** What the columns are derived from: the key as it was contributed, and the sums. */
    private record View(List<String> key, Measures sums) {

        BigDecimal conversionRate() {
            long leads = LEADS.of(sums);
            return leads == 0
                    ? BigDecimal.ZERO
                    : MeasureLayout.quotient(BigDecimal.valueOf(WITH_DEALS.of(sums)), leads);
        }
    }

    private final KpiSettings settings;
    private final Grain grain;
    private final KpiTable<View> table;

    LeadFunnel(KpiSettings settings, Grain grain) {
        this.settings = settings;
        this.grain = grain;
        this.table = grain.andDay(
                        KpiTable.<View>named(grain.named("crm_lead_funnel")).key("tenant_id", TEXT, v -> v.key.get(0)),
                        View::key)
                .column("total_leads", BIGINT, v -> LEADS.of(v.sums))
                .column("leads_30d", BIGINT, v -> LEADS_30D.of(v.sums))
                .column("leads_with_deals", BIGINT, v -> WITH_DEALS.of(v.sums))
                .column("leads_won", BIGINT, v -> LEADS_WON.of(v.sums))
                .column("conversion_rate", NUMERIC, View::conversionRate)
                .column("total_deals", BIGINT, v -> DEALS.of(v.sums))
                .column("won_deals", BIGINT, v -> DEALS_WON.of(v.sums));
    }

    @Override
    public KpiTable<?> table() {
        return table;
    }

    @Override
    public void contribute(Lead lead, boolean hasDeals, boolean isWon, Contributions to) {
        AccumulatorKey accumulator = accumulator(lead.tenantId(), lead.createdAt());
        to.always(
                accumulator,
                LAYOUT.builder()
                        .add(LEADS, 1)
                        .addIf(hasDeals, WITH_DEALS)
                        .addIf(isWon, LEADS_WON)
                        .measures());
        to.between(
                lead.createdAt(),
                lead.createdAt().plus(settings.window()),
                accumulator,
                LAYOUT.builder().add(LEADS_30D, 1).measures());
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        to.always(
                accumulator(deal.tenantId(), deal.createdAt()),
                LAYOUT.builder()
                        .add(DEALS, 1)
                        .addIf(deal.outcome() == Deal.Outcome.WON, DEALS_WON)
                        .measures());
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(ALL);
        return sums == null ? List.of() : List.of(table.row(new View(key, sums)));
    }

    private AccumulatorKey accumulator(String tenant, Instant created) {
        return new AccumulatorKey(new AggregateKey(table.name(), grain.key(settings.dayOf(created), tenant)), ALL);
    }
}
