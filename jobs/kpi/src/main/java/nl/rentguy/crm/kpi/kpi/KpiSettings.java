package nl.rentguy.crm.kpi.kpi;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.function.BiConsumer;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.engine.KpiTime;

/**
 * The figures that the definitions leave open.
 *
 * @param window length of the rolling window, the "30 d" of column names
 * @param stale an open deal is stale when it has been in its stage for longer
 * @param idle an open deal is idle when for that long there was no activity
 * @param sla an automation run breaches its SLA when it takes longer
 * @param freezeDays after so many calendar days a day's automation runs no longer change
 * @param timeZone whose calendar days are meant by "day"
 * @param defaultCurrency of rows that exist without any amount
 * @param moreColumns what is read of the CRM beyond what every CRM has, such as the titles of deals
 */
public record KpiSettings(
        Duration window,
        Duration stale,
        Duration idle,
        Duration sla,
        int freezeDays,
        ZoneId timeZone,
        String defaultCurrency,
        List<String> moreColumns)
        implements Serializable {

    public static final KpiSettings DEFAULTS = new KpiSettings(
            Duration.ofDays(30),
            Duration.ofDays(14),
            Duration.ofDays(7),
            Duration.ofMinutes(10),
            400,
            ZoneId.of("Europe/Amsterdam"),
            "EUR",
            List.of("title"));

    /** The calendar day that the instant falls on. */
    public LocalDate dayOf(Instant instant) {
        return LocalDate.ofInstant(instant, timeZone);
    }

    /** The first instant of the calendar day. */
    public Instant startOf(LocalDate day) {
        return day.atStartOfDay(timeZone).toInstant();
    }

    /** The first instant at which the calendar day is no longer in the window of days that ends today. */
    public Instant endOfWindow(LocalDate day) {
        return startOf(day.plusDays(window.toDays()));
    }

    /** Tells from when until when the deal is expected to close within the window of days ahead; never, when nobody has said. */
    void whileExpected(Deal deal, BiConsumer<Instant, Instant> interval) {
        LocalDate expected = deal.expectedClose();
        if (expected != null) {
            // From the day on which it is at most a window ahead, until the end of the day itself.
            interval.accept(startOf(expected.minusDays(window.toDays())), startOf(expected.plusDays(1)));
        }
    }

    /** Tells from when until when the run is overdue, as far as is known; never, when it has ended. */
    void whileOverdue(AutomationRun run, BiConsumer<Instant, Instant> interval) {
        if (run.isUnended()) {
            Instant deadline = run.createdAt().plus(sla);
            interval.accept(KpiTime.justAfter(deadline), frozenAt(dayOf(run.createdAt())));
        }
    }

    /** Whether the run is of a day whose figures no longer change. */
    public boolean isFrozen(AutomationRun run, Instant now) {
        return !frozenAt(dayOf(run.createdAt())).isAfter(now);
    }

    /** Whether the run will not need a person any more: it failed before the window, or is of a frozen day. */
    public boolean noLongerWatched(AutomationRun run, Instant now) {
        return isFrozen(run, now)
                || (run.isFailed() && !run.createdAt().plus(window).isAfter(now));
    }

    /** The newest day whose figures no longer change at that instant. */
    public LocalDate lastFrozenDay(Instant now) {
        return dayOf(now).minusDays(freezeDays);
    }

    /** From when on the figures of that day no longer change. */
    public Instant frozenAt(LocalDate day) {
        return startOf(day.plusDays(freezeDays));
    }
}
