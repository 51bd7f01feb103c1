package nl.rentguy.crm.kpi.definition;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.StatusWords;
import nl.rentguy.crm.kpi.engine.KpiTime;

/**
 * The figures that the definitions leave open.
 *
 * @param window length of the rolling window, the "30 d" of column names
 * @param stale an open deal is stale when it has been in its stage for longer
 * @param idle an open deal is idle when for that long there was no activity
 * @param sla how long automation runs may take
 * @param freezeDays after so many calendar days a day's automation runs no longer change, nor a visit to a stage that a deal has left
 * @param timeZone whose calendar days are meant by "day"
 * @param defaultCurrency of rows that exist without any amount
 * @param words what the CRM's status words mean
 * @param moreColumns what is read of the CRM beyond what every CRM has, such as the titles of deals
 * @param groups which tables are kept
 */
public record KpiSettings(
        Duration window,
        Duration stale,
        Duration idle,
        Sla sla,
        int freezeDays,
        ZoneId timeZone,
        String defaultCurrency,
        StatusWords words,
        List<String> moreColumns,
        List<KpiGroup> groups)
        implements Serializable {

    /** So many calendar days the dashboard can look back, today included; tables with a row per day reach as far. */
    public static final int MOST_LOOKBACK_DAYS = 365;

    private static final Duration BETWEEN_ZONES = Duration.ofDays(2);

    public static final KpiSettings DEFAULTS = new KpiSettings(
            Duration.ofDays(30),
            Duration.ofDays(14),
            Duration.ofDays(7),
            Sla.DEFAULTS,
            400,
            ZoneId.of("Europe/Amsterdam"),
            "EUR",
            StatusWords.DEFAULTS,
            List.of("title"),
            List.of(KpiGroup.values()));

    /**
     * How long automation runs may take.
     *
     * @param limit a run that takes longer breaches its SLA
     * @param byWorkflow of workflows that have a limit of their own, by the CRM's id of the workflow
     * @param watch an overdue run is on the watchlist for that long from its deadline on
     */
    public record Sla(Duration limit, TreeMap<String, Duration> byWorkflow, Duration watch) implements Serializable {

        public static final Sla DEFAULTS = new Sla(Duration.ofMinutes(10), new TreeMap<>(), Duration.ofDays(30));

        /** The limit of that workflow. */
        public Duration of(String workflow) {
            return byWorkflow.getOrDefault(workflow, limit);
        }
    }

    /** What formulas depend on. */
    String formulas() {
        return "window %s, stale %s, idle %s, %s, time zone %s, default currency %s"
                .formatted(window, stale, idle, sla, timeZone, defaultCurrency);
    }

    /** What is read of the CRM, and how much of it is kept. */
    String captured() {
        return "%s, columns %s, days until they freeze %d".formatted(words, moreColumns, freezeDays);
    }

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

    /** The first instant at which the calendar day is further back than any look-back, and outside the window. */
    public Instant endOfLookback(LocalDate day) {
        return startOf(day.plusDays(Math.max(MOST_LOOKBACK_DAYS, window.toDays())));
    }

    /** When the run has to have ended. */
    Instant deadline(AutomationRun run) {
        return run.createdAt().plus(sla.of(run.workflowId()));
    }

    /** Tells from when until when the run is overdue, as far as is known; never, when it has ended. */
    void whileOverdue(AutomationRun run, BiConsumer<Instant, Instant> interval) {
        if (run.isUnended()) {
            interval.accept(KpiTime.justAfter(deadline(run)), frozenAt(dayOf(run.createdAt())));
        }
    }

    /** Tells from when until when the run is on the watchlist as overdue; never, when it has ended. */
    void whileWatchedAsOverdue(AutomationRun run, BiConsumer<Instant, Instant> interval) {
        whileOverdue(run, (from, until) -> {
            Instant watched = deadline(run).plus(sla.watch());
            interval.accept(from, watched.isBefore(until) ? watched : until);
        });
    }

    /** The newest day whose figures no longer change at that instant. */
    public LocalDate lastFrozenDay(Instant now) {
        return dayOf(now).minusDays(freezeDays);
    }

    /** From when on the figures of that day no longer change. */
    public Instant frozenAt(LocalDate day) {
        return startOf(day.plusDays(freezeDays));
    }

    /** From when on what ended then is history, such as a deal's life or its visit to a stage: what is known of it no longer changes. */
    Instant historyFrom(Instant ended) {
        return ended.plus(Duration.ofDays(freezeDays));
    }

    /** What ended until then is history at that instant. */
    public Instant lastHistory(Instant now) {
        return now.minus(Duration.ofDays(freezeDays));
    }

    /** When no other window and no other time zone makes use of a run any more: zones are up to 26 hours apart. */
    Instant forgottenAt(AutomationRun run) {
        return frozenAt(dayOf(run.createdAt())).plus(BETWEEN_ZONES);
    }

    /** When no other window, which is shorter than the days until they freeze, and no other time zone makes use of such figures any more. */
    Instant forgottenAt(AcquisitionMetric metric) {
        return startOf(metric.capturedDate().plusDays(Math.max(MOST_LOOKBACK_DAYS, freezeDays)))
                .plus(BETWEEN_ZONES);
    }
}
