package nl.rentguy.crm.kpi.cdc;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;

/** Instants as Debezium writes them. Java's own formatter takes as long for one as all the rest of a row. */
final class Iso {

    private static final int SECONDS_END = "2026-11-22T06:17:55".length();
    private static final int DECIMAL = 10;
    private static final int NANO_DIGITS = 9;
    private static final int HOURS = 24;
    private static final int MINUTES = 60;
    private static final int SECONDS = 60;
    private static final int NO_DIGITS = -1;

    private Iso() {}

    /**
     * The instant, such as {@code 2026-11-22T06:17:55.009103Z}; of any other form whatever {@link OffsetDateTime#parse} says.
     *
     * @throws DateTimeException when it is none
     */
    static Instant instant(String text) {
        int last = text.length() - 1;
        if (last < SECONDS_END
                || text.charAt(last) != 'Z'
                || text.charAt(4) != '-'
                || text.charAt(7) != '-'
                || text.charAt(10) != 'T'
                || text.charAt(13) != ':'
                || text.charAt(16) != ':') {
            return OffsetDateTime.parse(text).toInstant();
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 7);
        int day = digits(text, 8, 10);
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, SECONDS_END);
        int nano = nano(text, last);
        boolean isPlain = (year | month | day | hour | minute | second | nano) >= 0
                && hour < HOURS
                && minute < MINUTES
                && second < SECONDS;
        if (!isPlain) {
            return OffsetDateTime.parse(text).toInstant();
        }
        long ofDay = ((long) hour * MINUTES + minute) * SECONDS + second;
        long days = LocalDate.of(year, month, day).toEpochDay();
        return Instant.ofEpochSecond(days * HOURS * MINUTES * SECONDS + ofDay, nano);
    }

    private static int nano(String text, int end) {
        if (end == SECONDS_END) {
            return 0;
        }
        int count = end - SECONDS_END - 1;
        if (text.charAt(SECONDS_END) != '.' || count < 1 || count > NANO_DIGITS) {
            return NO_DIGITS;
        }
        int nano = digits(text, SECONDS_END + 1, end);
        for (int i = count; i < NANO_DIGITS && nano > 0; i++) {
            nano *= DECIMAL;
        }
        return nano;
    }

    private static int digits(String text, int from, int until) {
        int number = 0;
        for (int i = from; i < until; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit >= DECIMAL) {
                return NO_DIGITS;
            }
            number = number * DECIMAL + digit;
        }
        return number;
    }
}
