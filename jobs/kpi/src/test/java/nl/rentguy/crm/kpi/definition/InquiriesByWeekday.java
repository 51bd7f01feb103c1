package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.INTEGER;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.Measures;

/** {@code crm_inquiries_by_weekday}: on which day of the week do customers ask, and how often does a deal come of it? */
public final class InquiriesByWeekday implements SumKpi {

    private static final List<String> ALL = List.of();

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure INQUIRIES = LAYOUT.measure();
    private static final Measure WITH_DEALS = LAYOUT.measure();

    private record View(List<String> key, Measures sums) {

        BigDecimal conversionRate() {
            return MeasureLayout.quotient(BigDecimal.valueOf(WITH_DEALS.of(sums)), INQUIRIES.of(sums));
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_inquiries_by_weekday")
            .key("tenant_id", TEXT, v -> v.key.get(0))
            .key("weekday", INTEGER, v -> Integer.valueOf(v.key.get(1)))
            .column("inquiries_30d", BIGINT, v -> INQUIRIES.of(v.sums))
            .column("conversion_rate_30d", NUMERIC, View::conversionRate);

    private final KpiSettings settings;

    public InquiriesByWeekday(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(Lead lead, boolean hasDeals, boolean isWon, Contributions to) {
        int weekday = settings.dayOf(lead.createdAt()).getDayOfWeek().getValue();
        AccumulatorKey accumulator = new AccumulatorKey(
                new AggregateKey(TABLE.name(), List.of(lead.tenantId(), Integer.toString(weekday))), ALL);
        to.between(
                lead.createdAt(),
                lead.createdAt().plus(settings.window()),
                accumulator,
                LAYOUT.builder().add(INQUIRIES, 1).addIf(hasDeals, WITH_DEALS).measures());
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(ALL);
        return sums == null ? List.of() : List.of(TABLE.row(new View(key, sums)));
    }
}
