package nl.rentguy.crm.kpi.cdc;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nl.rentguy.crm.kpi.cdc.UndecodableChangeException.Reason;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.Letters;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;
import nl.rentguy.crm.kpi.crm.StatusWords;
import org.jspecify.annotations.Nullable;

/** Makes typed row changes of raw ones. Values are read as Debezium writes them, of whatever width the column has. */
public final class RowDecoder {

    private final CaptureSpec captured;
    private final StatusWords words;

    /** Values of the row at hand that were set aside, while the row is taken in. */
    private final List<UndecodableChangeException> setAside = new ArrayList<>();

    /**
     * A row as it was read.
     *
     * @param setAside values that could not be read and that few KPIs need: the row counts in all others
     * @param unknownStatus a status word that is in none of the lists; null when there is none
     */
    public record Decoded(
            RowChange change,
            List<UndecodableChangeException> setAside,
            @Nullable String unknownStatus) {}

    public RowDecoder(CaptureSpec captured, StatusWords words) {
        this.captured = captured;
        this.words = words;
    }

    /**
     * The typed change; empty for a table that no KPI reads.
     *
     * @throws UndecodableChangeException when a value that the whole row needs is missing or cannot be read
     */
    public Optional<Decoded> decode(RawChange raw) throws UndecodableChangeException {
        CrmTable table = CrmTable.named(raw.table()).orElse(null);
        if (table == null) {
            return Optional.empty();
        }
        setAside.clear();
        RowChange change = change(table, raw);
        return Optional.of(new Decoded(change, List.copyOf(setAside), unknownStatus(table, raw)));
    }

    private @Nullable String unknownStatus(CrmTable table, RawChange raw) {
        String status = raw.column("status");
        boolean known = status == null
                || switch (table) {
                    case DEALS -> words.knowsDeal(status);
                    case AUTOMATION_RUNS -> words.knowsRun(status);
                    case LEADS, PIPELINES, PIPELINE_STAGES, ACTIVITIES, ACQUISITION_METRICS -> true;
                };
        return known ? null : status;
    }

    private RowChange change(CrmTable table, RawChange raw) throws UndecodableChangeException {
        if (raw.isDeletion()) {
            return RowChange.deletion(table, RawValues.integer(raw, "id"), raw.committedAt());
        }
        return switch (table) {
            case LEADS -> RowChange.of(lead(raw), raw.committedAt());
            case PIPELINES -> RowChange.of(pipeline(raw), raw.committedAt());
            case PIPELINE_STAGES -> RowChange.of(stage(raw), raw.committedAt());
            case DEALS -> RowChange.of(deal(raw), raw.committedAt());
            case AUTOMATION_RUNS -> RowChange.of(run(raw), raw.committedAt());
            case ACQUISITION_METRICS -> RowChange.of(metric(raw), raw.committedAt());
            case ACTIVITIES -> RowChange.of(activity(raw), raw.committedAt());
        };
    }

    private static Lead lead(RawChange raw) throws UndecodableChangeException {
        return new Lead(
                RawValues.integer(raw, "id"),
                RawValues.tenant(raw),
                raw.column("source"),
                RawValues.instant(raw, "created_at"));
    }

    private static Pipeline pipeline(RawChange raw) throws UndecodableChangeException {
        return new Pipeline(RawValues.integer(raw, "id"), RawValues.tenant(raw), RawValues.text(raw, "name"));
    }

    private static Stage stage(RawChange raw) throws UndecodableChangeException {
        return new Stage(
                RawValues.integer(raw, "id"),
                RawValues.integer(raw, "pipeline_id"),
                RawValues.text(raw, "name"),
                RawValues.smallInteger(raw, "order"));
    }

    private Deal deal(RawChange raw) throws UndecodableChangeException {
        return new Deal(
                RawValues.integer(raw, "id"),
                RawValues.tenant(raw),
                raw.column("lead_id") == null ? null : RawValues.integer(raw, "lead_id"),
                RawValues.integer(raw, "pipeline_id"),
                RawValues.integer(raw, "stage_id"),
                raw.column(CaptureSpec.TITLE),
                RawValues.cents(raw, "value"),
                Letters.currency(RawValues.text(raw, "currency")),
                RawValues.nearDate(raw, "expected_close"),
                probability(raw),
                words.deal(RawValues.text(raw, "status")),
                RawValues.instant(raw, "created_at"),
                RawValues.instant(raw, "updated_at"),
                raw.isInSnapshot() ? null : Instant.EPOCH.plus(raw.committedAtMicros(), ChronoUnit.MICROS));
    }

    /** Only weighted values need it: when it cannot be read they count as for 0. */
    private int probability(RawChange raw) {
        String value = raw.column("probability");
        try {
            if (value != null) {
                int percent = Integer.parseInt(value);
                if (percent >= 0 && percent <= 100) {
                    return percent;
                }
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        setAside.add(new UndecodableChangeException(
                value == null ? Reason.MISSING_VALUE : Reason.UNREADABLE_VALUE,
                "%s.probability is %s in the row with id %s; expected a percentage from 0 to 100: the deal counts in everything, with 0 in weighted values and the forecast"
                        .formatted(raw.table(), value == null ? "NULL" : "'" + value + "'", raw.column("id"))));
        return 0;
    }

    private Activity activity(RawChange raw) throws UndecodableChangeException {
        String status = raw.column(captured.taskStatus());
        return new Activity(
                RawValues.integer(raw, "id"),
                RawValues.tenant(raw),
                RawValues.integer(raw, "deal_id"),
                Letters.ofKey(RawValues.text(raw, "activity_type")),
                RawValues.instant(raw, "occurred_at"),
                RawValues.nearInstant(raw, captured.taskDue()),
                status != null && words.isDone(status));
    }

    private AutomationRun run(RawChange raw) throws UndecodableChangeException {
        return new AutomationRun(
                RawValues.integer(raw, "id"),
                RawValues.tenant(raw),
                raw.column("deal_id") == null ? null : RawValues.integer(raw, "deal_id"),
                Letters.ofKey(RawValues.text(raw, "workflow_id")),
                words.run(RawValues.text(raw, "status")),
                RawValues.instant(raw, "created_at"),
                RawValues.nearInstant(raw, "completed_at"));
    }

    private static AcquisitionMetric metric(RawChange raw) throws UndecodableChangeException {
        return new AcquisitionMetric(
                RawValues.integer(raw, "id"),
                RawValues.tenant(raw),
                raw.column("channel"),
                raw.column("source"),
                RawValues.date(raw, "captured_date"),
                RawValues.count(raw, "sessions"),
                RawValues.count(raw, "new_users"),
                RawValues.count(raw, "engaged_sessions"),
                RawValues.count(raw, "ga_conversions"),
                raw.column("ga_conversion_value") == null ? 0 : RawValues.cents(raw, "ga_conversion_value"),
                RawValues.count(raw, "gtm_conversions"),
                raw.column("gtm_conversion_value") == null ? 0 : RawValues.cents(raw, "gtm_conversion_value"),
                raw.column("ga_property_id"),
                raw.column("gtm_container_id"));
    }
}
