package nl.rentguy.crm.kpi.cdc;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import nl.rentguy.crm.kpi.cdc.UndecodableChangeException.Reason;
import nl.rentguy.crm.kpi.crm.CrmRow;
import nl.rentguy.crm.kpi.crm.Letters;
import org.jspecify.annotations.Nullable;

/** Values of a raw change, as Debezium writes them, of whatever width the column has. */
final class RawValues {

    /** Instants outside of these years are refused: arithmetic on them would leave the range of a state's sums. */
    private static final Instant EARLIEST = Instant.parse("1900-01-01T00:00:00Z");

    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    private static final long EARLIEST_DAY =
            LocalDate.ofInstant(EARLIEST, ZoneOffset.UTC).toEpochDay();

    private static final long LATEST_DAY =
            LocalDate.ofInstant(LATEST, ZoneOffset.UTC).toEpochDay();

    /** Of amounts beyond it, multiplied by a percentage, a few hundred would already leave the range of a sum. */
    private static final long MOST_CENTS = 100_000_000_000_000L;

    private RawValues() {}

    /** The tenant; one that is cut off would be another one. */
    static String tenant(RawChange raw) throws UndecodableChangeException {
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
    static int count(RawChange raw, String column) throws UndecodableChangeException {
        return raw.column(column) == null ? 0 : smallInteger(raw, column);
    }

    /** A date that is none of a plan is how CRMs write that there is none: 9999-12-31, infinity. */
    static @Nullable LocalDate nearDate(RawChange raw, String column) throws UndecodableChangeException {
        String value = raw.column(column);
        if (value == null || isBeyondTime(value)) {
            return null;
        }
        long days = integer(raw, column);
        return days < EARLIEST_DAY || days >= LATEST_DAY ? null : LocalDate.ofEpochDay(days);
    }

    /** The same for an instant. */
    static @Nullable Instant nearInstant(RawChange raw, String column) throws UndecodableChangeException {
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

    static String text(RawChange raw, String column) throws UndecodableChangeException {
        String value = raw.column(column);
        if (value == null) {
            throw new UndecodableChangeException(
                    Reason.MISSING_VALUE,
                    "%s.%s is NULL or was not sent, in the row with id %s; the KPIs need it: fill it in, or add the column to the publication"
                            .formatted(raw.table(), column, raw.column("id")));
        }
        if (value.equals(CrmRow.UNSENT)) {
            throw new UndecodableChangeException(
                    Reason.MISSING_VALUE,
                    "%s.%s is so long that PostgreSQL does not send it with a version that leaves it as it was, in the row with id %s; the KPIs need it: shorten it, or write it once more, and that version is taken in"
                            .formatted(raw.table(), column, raw.column("id")));
        }
        return value;
    }

    static long integer(RawChange raw, String column) throws UndecodableChangeException {
        String value = text(raw, column);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw unreadable(raw, column, value, "an integer");
        }
    }

    static int smallInteger(RawChange raw, String column) throws UndecodableChangeException {
        String value = text(raw, column);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw unreadable(raw, column, value, "an integer of 32 bits");
        }
    }

    static long cents(RawChange raw, String column) throws UndecodableChangeException {
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

    static Instant instant(RawChange raw, String column) throws UndecodableChangeException {
        Instant instant = anyInstant(raw, column);
        if (!isNear(instant)) {
            throw unreadable(raw, column, text(raw, column), "an instant between 1900 and 2200");
        }
        return instant;
    }

    private static boolean isNear(Instant instant) {
        return !instant.isBefore(EARLIEST) && instant.isBefore(LATEST);
    }

    private static Instant anyInstant(RawChange raw, String column) throws UndecodableChangeException {
        String value = text(raw, column);
        try {
            return Iso.instant(value);
        } catch (DateTimeException e) {
            throw unreadable(raw, column, value, "an instant with its offset, such as 2026-11-22T06:17:55.009103Z");
        }
    }

    /** Debezium writes a date as its days since 1970. */
    static LocalDate date(RawChange raw, String column) throws UndecodableChangeException {
        long days = integer(raw, column);
        if (days < EARLIEST_DAY || days >= LATEST_DAY) {
            throw unreadable(raw, column, Long.toString(days), "days since 1970 of a date between 1900 and 2200");
        }
        return LocalDate.ofEpochDay(days);
    }

    private static UndecodableChangeException unreadable(RawChange raw, String column, String value, String expected) {
        return new UndecodableChangeException(
                Reason.UNREADABLE_VALUE,
                "%s.%s is '%s' in the row with id %s; expected %s: correct the row, its next version is taken in again"
                        .formatted(raw.table(), column, value, raw.column("id"), expected));
    }
}
