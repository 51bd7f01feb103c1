package nl.rentguy.crm.kpi.kpi;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/**
 * The figures that the definitions leave open.
 *
 * @param window length of the rolling window, the "30 d" of column names
 * @param stale an open deal is stale when it has been in its stage for longer
 * @param sla an automation run breaches its SLA when it takes longer
 * @param timeZone whose calendar days are meant by "day"
 * @param defaultCurrency of rows that exist without any amount
 */
public record KpiSettings(Duration window, Duration stale, Duration sla, ZoneId timeZone, String defaultCurrency)
        implements Serializable {

    public static final KpiSettings DEFAULTS = new KpiSettings(
            Duration.ofDays(30), Duration.ofDays(14), Duration.ofMinutes(10), ZoneId.of("Europe/Amsterdam"), "EUR");

    /** The calendar day that the instant falls on. */
    public LocalDate dayOf(Instant instant) {
        return LocalDate.ofInstant(instant, timeZone);
    }

    /** The first instant of the calendar day. */
    public Instant startOf(LocalDate day) {
        return day.atStartOfDay(timeZone).toInstant();
    }
}
