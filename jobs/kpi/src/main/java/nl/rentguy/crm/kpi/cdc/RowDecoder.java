package nl.rentguy.crm.kpi.cdc;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import nl.rentguy.crm.kpi.cdc.RefusedException.Reason;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Activity;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.CrmTable;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.Pipeline;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.crm.Stage;

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

    public RowDecoder(CapturedTables captured) {
        this.captured = captured;
    }

    /**
     * The typed change; empty for a table that no KPI reads.
     *
     * @throws RefusedException when a needed value is missing or cannot be read
     */
    public Optional<RowChange> decode(RawChange raw) throws RefusedException {
        CrmTable table = CrmTable.named(raw.table()).orElse(null);
        if (table == null) {
            return Optional.empty();
        }
        if (raw.deleted()) {
            return Optional.of(RowChange.deletion(table, integer(raw, "id"), raw.committedAt()));
        }
        return switch (table) {
            case LEADS -> Optional.of(RowChange.of(lead(raw), raw.committedAt()));
            case PIPELINES -> Optional.of(RowChange.of(pipeline(raw), raw.committedAt()));
            case PIPELINE_STAGES -> Optional.of(RowChange.of(stage(raw), raw.committedAt()));
            case DEALS -> Optional.of(RowChange.of(deal(raw), raw.committedAt()));
            case AUTOMATION_RUNS -> Optional.of(RowChange.of(run(raw), raw.committedAt()));
            case ACQUISITION_METRICS -> Optional.of(RowChange.of(metric(raw), raw.committedAt()));
            case ACTIVITIES -> Optional.of(RowChange.of(activity(raw), raw.committedAt()));
        };
    }

    private static Lead lead(RawChange raw) throws RefusedException {
        return new Lead(integer(raw, "id"), text(raw, "tenant_id"), raw.column("source"), instant(raw, "created_at"));
    }

    private static Pipeline pipeline(RawChange raw) throws RefusedException {
        return new Pipeline(integer(raw, "id"), text(raw, "tenant_id"), text(raw, "name"));
    }

    private static Stage stage(RawChange raw) throws RefusedException {
        return new Stage(
                integer(raw, "id"), integer(raw, "pipeline_id"), text(raw, "name"), smallInteger(raw, "order"));
    }

    private static Deal deal(RawChange raw) throws RefusedException {
        return new Deal(
                integer(raw, "id"),
                text(raw, "tenant_id"),
                raw.column("lead_id") == null ? null : integer(raw, "lead_id"),
                integer(raw, "pipeline_id"),
                integer(raw, "stage_id"),
                raw.column(CapturedTables.TITLE),
                cents(raw, "value"),
                text(raw, "currency"),
                raw.column("expected_close") == null ? null : date(raw, "expected_close"),
                smallInteger(raw, "probability"),
                text(raw, "status"),
                instant(raw, "created_at"),
                instant(raw, "updated_at"));
    }

    private Activity activity(RawChange raw) throws RefusedException {
        return new Activity(
                integer(raw, "id"),
                text(raw, "tenant_id"),
                integer(raw, "deal_id"),
                text(raw, "activity_type"),
                instant(raw, "occurred_at"),
                raw.column(captured.taskDue()) == null ? null : instant(raw, captured.taskDue()),
                raw.column(captured.taskStatus()));
    }

    private static AutomationRun run(RawChange raw) throws RefusedException {
        return new AutomationRun(
                integer(raw, "id"),
                text(raw, "tenant_id"),
                raw.column("deal_id") == null ? null : integer(raw, "deal_id"),
                text(raw, "workflow_id"),
                text(raw, "status"),
                instant(raw, "created_at"),
                raw.column("completed_at") == null ? null : instant(raw, "completed_at"));
    }

    private static AcquisitionMetric metric(RawChange raw) throws RefusedException {
        return new AcquisitionMetric(
                integer(raw, "id"),
                text(raw, "tenant_id"),
                text(raw, "channel"),
                text(raw, "source"),
                date(raw, "captured_date"),
                smallInteger(raw, "sessions"),
                smallInteger(raw, "new_users"),
                smallInteger(raw, "engaged_sessions"),
                smallInteger(raw, "ga_conversions"),
                cents(raw, "ga_conversion_value"),
                smallInteger(raw, "gtm_conversions"),
                cents(raw, "gtm_conversion_value"),
                raw.column("ga_property_id"),
                raw.column("gtm_container_id"));
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
        String value = text(raw, column);
        try {
            Instant instant = OffsetDateTime.parse(value).toInstant();
            if (instant.isBefore(EARLIEST) || !instant.isBefore(LATEST)) {
                throw unreadable(raw, column, value, "an instant between 1900 and 2200");
            }
            return instant;
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
