package nl.rentguy.crm.kpi.metrics;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a scrape yields within bounds. When there are too many series, those of workflows that rest are left out, but for what tells
 * that a workflow has stopped: a workflow stays that ran today or yesterday, or has a run that hangs. How many were left out is a series of its own.
 *
 * @param most series from which on some are left out; what is of tenants, of the job and of busy workflows is never
 */
record SeriesLimit(int most) {

    static final String LEFT_OUT = "crm_kpi_series_left_out";

    /** Of a workflow that rests. */
    private static final Set<String> ALWAYS = Set.of("crm_automation_days_since_run", "crm_automation_days_with_runs");

    private record Workflow(@Nullable String tenant, String name) {}

    /** Those within the limit, in the same order, with {@value #LEFT_OUT} at the end. */
    List<Series> apply(List<Series> all) {
        List<Series> kept = all.size() <= most ? all : withoutThoseAtRest(all);
        List<Series> told = new ArrayList<>(kept);
        told.add(Series.ofServer(LEFT_OUT, all.size() - kept.size()));
        return told;
    }

    private static List<Series> withoutThoseAtRest(List<Series> all) {
        Set<Workflow> busy = new HashSet<>();
        for (Series series : all) {
            boolean counts =
                    series.name().equals("crm_automation_runs") || series.name().equals("crm_automation_overdue_runs");
            if (series.workflow() != null && counts && series.value() > 0) {
                busy.add(new Workflow(series.tenant(), series.workflow()));
            }
        }
        return all.stream()
                .filter(series -> series.workflow() == null
                        || ALWAYS.contains(series.name())
                        || busy.contains(new Workflow(series.tenant(), series.workflow())))
                .toList();
    }
}
