package nl.rentguy.crm.kpi.cdc;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nl.rentguy.crm.kpi.cdc.RefusedException.Reason;
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

    /** Instants outside of these years are refused: arithmetic on them would leave the range of a state's sums. */
    private static final Instant EARLIEST = Instant.parse("1900-01-01T00:00:00Z");

    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    private static final long EARLIEST_DAY =
            LocalDate.ofInstant(EARLIEST, ZoneOffset.UTC).toEpochDay();

    private static final long LATEST_DAY =
            LocalDate.ofInstant(LATEST, ZoneOffset.UTC).toEpochDay();

    /** Of amounts beyond it, multiplied by a percentage, a few hundred would already leave the range of a sum. */
    private static final long MOST_CENTS = 100_000_000_000_000L;

    private final CapturedTables captured;
    private final StatusWords words;

    /** Values of the row at hand that were set aside, while the row is taken in. */
    private final List<RefusedException> setAside = new ArrayList<>();

    /**
     * A row as it was read.
     *
     * @param setAside values that could not be read and that few KPIs need: the row counts in all others
     * @param unknownStatus a status word that is in none of the lists; null when there is none
     */
    public record Decoded(
            RowChange change,
            List<RefusedException> setAside,
            @Nullable String unknownStatus) {}

    public RowDecoder(CapturedTables captured, StatusWords words) {
        this.captured = captured;
        this.words = words;
    }

    /**
     * The typed change; empty for a table that no KPI reads.
     *
     * @throws RefusedException when a value that the whole row needs is missing or cannot be read
     */
    public Optional<Decoded> decode(RawChange raw) throws RefusedException {
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

    private RowChange change(CrmTable table, RawChange raw) throws RefusedException {
        if (raw.isDeletion()) {
            return RowChange.deletion(table, integer(raw, "id"), raw.committedAt());
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

    private static Lead lead(RawChange raw) throws RefusedException {
        return new Lead(integer(raw, "id"), tenant(raw), raw.column("source"), instant(raw, "created_at"));
    }

    private static Pipeline pipeline(RawChange raw) throws RefusedException {
        return new Pipeline(integer(raw, "id"), tenant(raw), text(raw, "name"));
    }

    private static Stage stage(RawChange raw) throws RefusedException {
        return new Stage(
                integer(raw, "id"), integer(raw, "pipeline_id"), text(raw, "name"), smallInteger(raw, "order"));
    }

    private Deal deal(RawChange raw) throws RefusedException {
        return new Deal(
                integer(raw, "id"),
                tenant(raw),
                raw.column("lead_id") == null ? null : integer(raw, "lead_id"),
                integer(raw, "pipeline_id"),
                integer(raw, "stage_id"),
                raw.column(CapturedTables.TITLE),
                cents(raw, "value"),
                Letters.currency(text(raw, "currency")),
                nearDate(raw, "expected_close"),
                probability(raw),
                words.deal(text(raw, "status")),
                instant(raw, "created_at"),
                instant(raw, "updated_at"),
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
        setAside.add(new RefusedException(
                value == null ? Reason.MISSING_VALUE : Reason.UNREADABLE_VALUE,
                "%s.probability is %s in the row with id %s; expected a percentage from 0 to 100: the deal counts in everything, with 0 in weighted values and the forecast"
                        .formatted(raw.table(), value == null ? "NULL" : "'" + value + "'", raw.column("id"))));
        return 0;
    }

    private Activity activity(RawChange raw) throws RefusedException {
        String status = raw.column(captured.taskStatus());
        return new Activity(
                integer(raw, "id"),
                tenant(raw),
                integer(raw, "deal_id"),
                Letters.ofKey(text(raw, "activity_type")),
                instant(raw, "occurred_at"),
                nearInstant(raw, captured.taskDue()),
                status != null && words.isDone(status));
    }

    private AutomationRun run(RawChange raw) throws RefusedException {
        return new AutomationRun(
                integer(raw, "id"),
                tenant(raw),
                raw.column("deal_id") == null ? null : integer(raw, "deal_id"),
                Letters.ofKey(text(raw, "workflow_id")),
                words.run(text(raw, "status")),
                instant(raw, "created_at"),
                nearInstant(raw, "completed_at"));
    }

    private static AcquisitionMetric metric(RawChange raw) throws RefusedException {
        return new AcquisitionMetric(
                integer(raw, "id"),
                tenant(raw),
                raw.column("channel"),
                raw.column("source"),
                date(raw, "captured_date"),
                count(raw, "sessions"),
                count(raw, "new_users"),
                count(raw, "engaged_sessions"),
                count(raw, "ga_conversions"),
                raw.column("ga_conversion_value") == null ? 0 : cents(raw, "ga_conversion_value"),
                count(raw, "gtm_conversions"),
                raw.column("gtm_conversion_value") == null ? 0 : cents(raw, "gtm_conversion_value"),
                raw.column("ga_property_id"),
                raw.column("gtm_container_id"));
    }

    /** The tenant; one that is cut off would be another one. */
    private static String tenant(RawChange raw) throws RefusedException {
        String tenant = text(raw, "tenant_id");
        if (!Letters.ofKey(tenant).equals(tenant)) {
            throw unreadable(
                    raw,
                    "tenant_id",
                    tenant,
                    "a tenant's name of at most %s characters".formatted(Letters.MOST_IN_KEY));
        }
        return tenant;
    }

    /** A figure that nobody has filled in counts as 0. */
    private static int count(RawChange raw, String column) throws RefusedException {
        return raw.column(column) == null ? 0 : smallInteger(raw, column);
    }

    /** A date that is none of a plan is how CRMs write that there is none: 9999-12-31, infinity. */
    private static @Nullable LocalDate nearDate(RawChange raw, String column) throws RefusedException {
        String value = raw.column(column);
        if (value == null || isBeyondTime(value)) {
            return null;
        }
        long days = integer(raw, column);
        return days < EARLIEST_DAY || days >= LATEST_DAY ? null : LocalDate.ofEpochDay(days);
    }

    /** The same for an instant. */
    private static @Nullable Instant nearInstant(RawChange raw, String column) throws RefusedException {
        String value = raw.column(column);
        if (value == null || isBeyondTime(value)) {
            return null;
        }
        Instant instant = anyInstant(raw, column);
        return isNear(instant) ? instant : null;
    }

    private static boolean isBeyondTime(String value) {
        return value.equals("infinity") || value.equals("-infinity");
    }

    private static String text(RawChange raw, String column) throws RefusedException {
        String value = raw.column(column);
        if (value == null) {
            throw new RefusedException(
                    Reason.MISSING_VALUE,
                    "%s.%s is NULL or was not sent, in the row with id %s; the KPIs need it: fill it in, or add the column to the publication"
                            .formatted(raw.table(), column, raw.column("id")));
        }
        return value;
    }

    private static long integer(RawChange raw, String column) throws RefusedException {
        String value = text(raw, column);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw unreadable(raw, column, value, "an integer");
        }
    }

    private static int smallInteger(RawChange raw, String column) throws RefusedException {
        String value = text(raw, column);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw unreadable(raw, column, value, "an integer of 32 bits");
        }
    }

    private static long cents(RawChange raw, String column) throws RefusedException {
        String value = text(raw, column);
        try {
            long cents = new BigDecimal(value).movePointRight(2).longValueExact();
            if (Math.abs(cents) < MOST_CENTS) {
                return cents;
            }
        } catch (NumberFormatException e) {
            throw unreadable(raw, column, value, "a decimal number");
        } catch (ArithmeticException e) {
            throw unreadable(raw, column, value, "an amount with at most 2 decimals and 12 digits before them");
        }
        throw unreadable(raw, column, value, "an amount with at most 2 decimals and 12 digits before them");
    }

    private static Instant instant(RawChange raw, String column) throws RefusedException {
        Instant instant = anyInstant(raw, column);
        if (!isNear(instant)) {
            throw unreadable(raw, column, text(raw, column), "an instant between 1900 and 2200");
        }
        return instant;
    }

    private static boolean isNear(Instant instant) {
        return !instant.isBefore(EARLIEST) && instant.isBefore(LATEST);
    }

    private static Instant anyInstant(RawChange raw, String column) throws RefusedException {
        String value = text(raw, column);
        try {
            return OffsetDateTime.parse(value).toInstant();
        } catch (DateTimeException e) {
            throw unreadable(raw, column, value, "an instant with its offset, such as 2026-11-22T06:17:55.009103Z");
        }
    }

    /** Debezium writes a date as its days since 1970. */
    private static LocalDate date(RawChange raw, String column) throws RefusedException {
        long days = integer(raw, column);
        if (days < EARLIEST_DAY || days >= LATEST_DAY) {
            throw unreadable(raw, column, Long.toString(days), "days since 1970 of a date between 1900 and 2200");
        }
        return LocalDate.ofEpochDay(days);
    }

    private static RefusedException unreadable(RawChange raw, String column, String value, String expected) {
        return new RefusedException(
                Reason.UNREADABLE_VALUE,
                "%s.%s is '%s' in the row with id %s; expected %s: correct the row, its next version is taken in again"
                        .formatted(raw.table(), column, value, raw.column("id"), expected));
    }
}
