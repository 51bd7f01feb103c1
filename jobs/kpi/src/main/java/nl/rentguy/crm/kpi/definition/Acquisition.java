package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT_ARRAY;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.Measures;

/**
 * {@code crm_acquisition}: what the websites brought each tenant in the window of days that ends today. A tenant without figures in
 * the window has no row. {@code crm_acquisition_daily} has the same figures for each day that the dashboard can look back to.
 */
public final class Acquisition implements SumKpi {

    private static final List<String> METRICS = List.of();

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure COUNT = LAYOUT.measure();
    private static final Measure SESSIONS = LAYOUT.measure();
    private static final Measure NEW_USERS = LAYOUT.measure();
    private static final Measure ENGAGED = LAYOUT.measure();
    private static final Measure GA_CONVERSIONS = LAYOUT.measure();
    private static final Measure GA_VALUE = LAYOUT.measure();
    private static final Measure GTM_CONVERSIONS = LAYOUT.measure();
    private static final Measure GTM_VALUE = LAYOUT.measure();
    private static final Measure OF_GA = LAYOUT.measure();
    private static final Measure OF_GTM = LAYOUT.measure();

    /** What the columns are derived from. */
    private record View(List<String> key, Measures sums) {

        BigDecimal conversionRate() {
            long sessions = SESSIONS.of(sums);
            long conversions = GA_CONVERSIONS.of(sums) + GTM_CONVERSIONS.of(sums);
            return sessions == 0 ? BigDecimal.ZERO : MeasureLayout.quotient(BigDecimal.valueOf(conversions), sessions);
        }

        String connectors() {
            List<String> active = new ArrayList<>();
            if (OF_GA.of(sums) > 0) {
                active.add("ga4");
            }
            if (OF_GTM.of(sums) > 0) {
                active.add("gtm");
            }
            return "{" + String.join(",", active) + "}";
        }
    }

    private final KpiSettings settings;
    private final Grain grain;
    private final KpiTable<View> table;

    Acquisition(KpiSettings settings, Grain grain) {
        this.settings = settings;
        this.grain = grain;
        this.table = grain.andDay(
                        KpiTable.<View>named(grain.named("crm_acquisition")).key("tenant_id", TEXT, v -> v.key.get(0)),
                        View::key)
                .column("sessions", BIGINT, v -> SESSIONS.of(v.sums))
                .column("new_users", BIGINT, v -> NEW_USERS.of(v.sums))
                .column("engaged_sessions", BIGINT, v -> ENGAGED.of(v.sums))
                .column("ga_conversions", BIGINT, v -> GA_CONVERSIONS.of(v.sums))
                .column("ga_conversion_value", NUMERIC, v -> GA_VALUE.of(v.sums, 2))
                .column("gtm_conversions", BIGINT, v -> GTM_CONVERSIONS.of(v.sums))
                .column("gtm_conversion_value", NUMERIC, v -> GTM_VALUE.of(v.sums, 2))
                .column("blended_conversion_rate", NUMERIC, View::conversionRate)
                .column("active_connectors", TEXT_ARRAY, View::connectors);
    }

    @Override
    public KpiTable<?> table() {
        return table;
    }

    @Override
    public void contribute(AcquisitionMetric metric, Contributions to) {
        to.between(
                settings.startOf(metric.capturedDate()),
                grain.endOf(metric.capturedDate(), settings),
                new AccumulatorKey(
                        new AggregateKey(table.name(), grain.key(metric.capturedDate(), metric.tenantId())), METRICS),
                LAYOUT.builder()
                        .add(COUNT, 1)
                        .add(SESSIONS, metric.sessions())
                        .add(NEW_USERS, metric.newUsers())
                        .add(ENGAGED, metric.engagedSessions())
                        .add(GA_CONVERSIONS, metric.gaConversions())
                        .add(GA_VALUE, metric.gaConversionCents())
                        .add(GTM_CONVERSIONS, metric.gtmConversions())
                        .add(GTM_VALUE, metric.gtmConversionCents())
                        .addIf(metric.gaPropertyId() != null, OF_GA)
                        .addIf(metric.gtmContainerId() != null, OF_GTM)
                        .measures());
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(METRICS);
        return sums == null ? List.of() : List.of(table.row(new View(key, sums)));
    }
}
