package nl.rentguy.crm.kpi.kpi;

import static nl.rentguy.crm.kpi.kpi.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.kpi.SqlType.TEXT;
import static nl.rentguy.crm.kpi.kpi.SqlType.TIMESTAMPTZ;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.Contacts;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.Slots;
import nl.rentguy.crm.kpi.engine.Slots.Sum;
import org.jspecify.annotations.Nullable;

/** {@code crm_activity_channels}: how customers are reached: the calls, e-mails and other activities of each type. */
public final class ActivityChannels implements SumKpi {

    private static final List<String> ALL = List.of("all");
    private static final String LAST = "last";

    private static final Slots SLOTS = new Slots();
    private static final Sum IN_WINDOW = SLOTS.sum();
    private static final Sum TOTAL = SLOTS.sum();
    private static final Sum DEALS_TOUCHED = SLOTS.sum();

    /** What the columns are derived from. */
    private record View(
            List<String> key, Amounts sums, @Nullable Instant last) {}

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
        Cell all = new Cell(group(activity.tenantId(), activity.type()), ALL);
        to.always(all, SLOTS.fill().add(TOTAL, 1).amounts());
        Instant at = activity.occurredAt();
        to.between(
                at,
                at.plus(settings.window()),
                all,
                SLOTS.fill().add(IN_WINDOW, 1).amounts());
    }

    /** However many activities are in the window, the deal counts once; and of each deal the last one alone is kept as a value. */
    @Override
    public void contribute(Contacts.Channel channel, Instant activity, Instant next, Contributions to) {
        Cell.Group group = group(channel.tenantId(), channel.type());
        Instant windowEnd = activity.plus(settings.window());
        to.between(
                activity,
                windowEnd.isBefore(next) ? windowEnd : next,
                new Cell(group, ALL),
                SLOTS.fill().add(DEALS_TOUCHED, 1).amounts());
        // Values by day, so that no tally grows with the CRM's whole history.
        to.between(
                activity,
                next,
                new Cell(group, List.of(LAST, settings.dayOf(activity).toString())),
                SLOTS.fill().tally(Contacts.micros(activity)).amounts());
    }

    private static Cell.Group group(String tenant, String type) {
        return new Cell.Group(TABLE.name(), List.of(tenant, type));
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Amounts> lines, Instant asOf) {
        Amounts sums = lines.get(ALL);
        if (sums == null) {
            return List.of();
        }
        Instant last = null;
        for (Map.Entry<List<String>, Amounts> line : lines.entrySet()) {
            Long micros = line.getKey().get(0).equals(LAST) ? Slots.max(line.getValue()) : null;
            if (micros != null) {
                Instant at = Contacts.instant(micros);
                last = last == null || at.isAfter(last) ? at : last;
            }
        }
        return List.of(TABLE.row(new View(key, sums, last)));
    }
}
