package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;
import static nl.rentguy.crm.kpi.definition.SqlType.TIMESTAMPTZ;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.Contacts;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.Measures;
import org.jspecify.annotations.Nullable;

/** {@code crm_activity_channels}: how customers are reached: the calls, e-mails and other activities of each type. */
public final class ActivityChannels implements SumKpi {

    private static final List<String> ALL = List.of("all");
    private static final String LAST = "last";

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure IN_WINDOW = LAYOUT.measure();
    private static final Measure TOTAL = LAYOUT.measure();
    private static final Measure DEALS_TOUCHED = LAYOUT.measure();

    /** What the columns are derived from. */
    private record View(
            List<String> key, Measures sums, @Nullable Instant last) {}

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_activity_channels")
            .key("tenant_id", TEXT, v -> v.key.get(0))
            .key("activity_type", TEXT, v -> v.key.get(1))
            .column("activities_30d", BIGINT, v -> IN_WINDOW.of(v.sums))
            .column("activities_total", BIGINT, v -> TOTAL.of(v.sums))
            .column("deals_touched_30d", BIGINT, v -> DEALS_TOUCHED.of(v.sums))
            .column("last_activity_at", TIMESTAMPTZ, View::last);

    private final KpiSettings settings;

    public ActivityChannels(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(Activity activity, Contributions to) {
        AccumulatorKey all = new AccumulatorKey(aggregate(activity.tenantId(), activity.type()), ALL);
        to.always(all, LAYOUT.builder().add(TOTAL, 1).measures());
        Instant at = activity.occurredAt();
        to.between(
                at,
                at.plus(settings.window()),
                all,
                LAYOUT.builder().add(IN_WINDOW, 1).measures());
    }

    /** However many activities are in the window, the deal counts once; and of each deal the last one alone is kept as a value. */
    @Override
    public void contribute(Contacts.Channel channel, Instant activity, Instant next, Contributions to) {
        AggregateKey aggregate = aggregate(channel.tenantId(), channel.type());
        Instant windowEnd = activity.plus(settings.window());
        to.between(
                activity,
                windowEnd.isBefore(next) ? windowEnd : next,
                new AccumulatorKey(aggregate, ALL),
                LAYOUT.builder().add(DEALS_TOUCHED, 1).measures());
        // Values by day, so that no valueCounts grows with the CRM's whole history.
        to.between(
                activity,
                next,
                new AccumulatorKey(
                        aggregate, List.of(LAST, settings.dayOf(activity).toString())),
                LAYOUT.builder().value(Contacts.micros(activity)).measures());
    }

    private static AggregateKey aggregate(String tenant, String type) {
        return new AggregateKey(TABLE.name(), List.of(tenant, type));
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(ALL);
        if (sums == null) {
            return List.of();
        }
        Instant last = null;
        for (Map.Entry<List<String>, Measures> bucket : buckets.entrySet()) {
            Long micros = bucket.getKey().get(0).equals(LAST) ? MeasureLayout.max(bucket.getValue()) : null;
            if (micros != null) {
                Instant at = Contacts.instant(micros);
                last = last == null || at.isAfter(last) ? at : last;
            }
        }
        return List.of(TABLE.row(new View(key, sums, last)));
    }
}
