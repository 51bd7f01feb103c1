package nl.rentguy.crm.kpi.kpi;

import static nl.rentguy.crm.kpi.kpi.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.kpi.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.kpi.SqlType.TEXT;
import static nl.rentguy.crm.kpi.kpi.SqlType.TEXT_ARRAY;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.Slots;
import nl.rentguy.crm.kpi.engine.Slots.Sum;

/**
 * {@code crm_acquisition}: what the websites brought each tenant in the window of days that ends today. A tenant without figures in
 * the window has no row. {@code crm_acquisition_daily} has the same figures for each day that the dashboard can look back to.
 */
public final class Acquisition implements SumKpi {

    private static final List<String> METRICS = List.of();

    private static final Slots SLOTS = new Slots();
    private static final Sum COUNT = SLOTS.sum();
    private static final Sum SESSIONS = SLOTS.sum();
    private static final Sum NEW_USERS = SLOTS.sum();
    private static final Sum ENGAGED = SLOTS.sum();
    private static final Sum GA_CONVERSIONS = SLOTS.sum();
    private static final Sum GA_VALUE = SLOTS.sum();
    private static final Sum GTM_CONVERSIONS = SLOTS.sum();
    private static final Sum GTM_VALUE = SLOTS.sum();
    private static final Sum OF_GA = SLOTS.sum();
    private static final Sum OF_GTM = SLOTS.sum();

    /** What the columns are derived from. */
    private record View(List<String> key, Amounts sums) {

        BigDecimal conversionRate() {
            long sessions = SESSIONS.of(sums);
            long conversions = GA_CONVERSIONS.of(sums) + GTM_CONVERSIONS.of(sums);
            return sessions == 0 ? BigDecimal.ZERO : Slots.quotient(BigDecimal.valueOf(conversions), sessions);
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
                new Cell(new Cell.Group(table.name(), grain.key(metric.capturedDate(), metric.tenantId())), METRICS),
                SLOTS.fill()
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
                        .amounts());
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Amounts> lines, Instant asOf) {
        Amounts sums = lines.get(METRICS);
        return sums == null ? List.of() : List.of(table.row(new View(key, sums)));
    }
}
