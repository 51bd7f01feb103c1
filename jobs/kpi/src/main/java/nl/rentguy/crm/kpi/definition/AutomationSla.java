package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.DATE;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;
import static nl.rentguy.crm.kpi.definition.SqlType.TIMESTAMPTZ;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.AutomationRun;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.MeasureLayout.TimeMeasure;
import nl.rentguy.crm.kpi.engine.Measures;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_automation_sla}: the automation runs of each workflow and day, how long they took, and which broke the SLA.
 *
 * <p>A breach is a run that took longer than the SLA of its workflow, or one that still runs after it: the latter is counted the moment
 * the deadline passes, with no event. The day is that of {@code created_at} in the configured time zone. After {@code
 * kpi.freeze-days} it is history: what is then deleted in the CRM changes nothing.
 */
public final class AutomationSla implements SumKpi {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final List<String> RUNS = List.of();
    private static final List<String> ENDS = List.of("ends");

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure COUNT = LAYOUT.measure();
    private static final Measure COMPLETED = LAYOUT.measure();
    private static final Measure FAILED = LAYOUT.measure();
    private static final Measure OPEN = LAYOUT.measure();
    private static final Measure LATE = LAYOUT.measure();
    private static final Measure OVERDUE = LAYOUT.measure();
    private static final Measure ENDED = LAYOUT.measure();
    private static final Measure TIMED = LAYOUT.measure();
    private static final TimeMeasure LENGTH = LAYOUT.timeMeasure();

    /** What the columns are derived from. */
    private record View(
            String tenant,
            String workflow,
            LocalDate day,
            Measures sums,
            @Nullable Instant lastEnd,
            Duration sla) {

        long count(Measure sum) {
            return sum.of(sums);
        }

        long breaches() {
            return count(LATE) + count(OVERDUE);
        }

        BigDecimal rate(long part) {
            return MeasureLayout.quotient(BigDecimal.valueOf(part), count(COUNT));
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_automation_sla")
            .key("tenant_id", TEXT, View::tenant)
            .key("workflow_id", TEXT, View::workflow)
            .key("run_date", DATE, View::day)
            .frozenBy("run_date")
            .column("run_count", BIGINT, v -> v.count(COUNT))
            .column("completed_runs", BIGINT, v -> v.count(COMPLETED))
            .column("failed_runs", BIGINT, v -> v.count(FAILED))
            .column("open_runs", BIGINT, v -> v.count(OPEN))
            .column("late_runs", BIGINT, v -> v.count(LATE))
            .column("overdue_runs", BIGINT, v -> v.count(OVERDUE))
            .column("sla_breaches", BIGINT, View::breaches)
            .column("avg_completion_minutes", NUMERIC, v -> LENGTH.mean(v.sums, v.count(TIMED), MINUTE))
            .column("p95_completion_minutes", NUMERIC, v -> minutes(MeasureLayout.percentile(v.sums, 95)))
            .column("max_completion_minutes", NUMERIC, v -> minutes(MeasureLayout.max(v.sums)))
            .column("failure_rate", NUMERIC, v -> v.rate(v.count(FAILED)))
            .column("breach_rate", NUMERIC, v -> v.rate(v.breaches()))
            .column("sla_minutes", NUMERIC, v -> minutes(v.sla.toSeconds()))
            .column("ended_runs", BIGINT, v -> v.count(ENDED))
            .column("last_ended_at", TIMESTAMPTZ, View::lastEnd)
            .column("timed_runs", BIGINT, v -> v.count(TIMED))
            .column("completion_seconds_sum", NUMERIC, v -> LENGTH.seconds(v.sums));

    private final KpiSettings settings;

    public AutomationSla(KpiSettings settings) {
        this.settings = settings;
    }

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public int version() {
        return 2;
    }

    @Override
    public void contribute(AutomationRun run, Contributions to) {
        LocalDate day = settings.dayOf(run.createdAt());
        AggregateKey aggregate =
                new AggregateKey(TABLE.name(), List.of(run.tenantId(), run.workflowId(), day.toString()));
        AccumulatorKey accumulator = new AccumulatorKey(aggregate, RUNS);
        MeasureLayout.Builder counts = LAYOUT.builder()
                .add(COUNT, 1)
                .addIf(run.isTerminal() && !run.isFailed(), COMPLETED)
                .addIf(run.isFailed(), FAILED)
                .addIf(!run.isTerminal(), OPEN)
                .addIf(!run.isUnended(), ENDED);
        Instant completed = run.completedAt();
        Duration length = run.length();
        if (completed != null && length != null) {
            counts.add(TIMED, 1)
                    .add(LENGTH, length)
                    .value(length.toSeconds())
                    .addIf(length.compareTo(settings.sla().of(run.workflowId())) > 0, LATE);
            to.between(
                    Instant.MIN,
                    settings.frozenAt(day),
                    new AccumulatorKey(aggregate, ENDS),
                    LAYOUT.builder().value(completed.getEpochSecond()).measures());
        }
        settings.whileOverdue(
                run,
                (from, until) -> to.between(
                        from,
                        until,
                        accumulator,
                        LAYOUT.builder().add(OVERDUE, 1).measures()));
        to.between(Instant.MIN, settings.frozenAt(day), accumulator, counts.measures());
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        Measures sums = buckets.get(RUNS);
        if (sums == null) {
            return List.of();
        }
        Measures ends = buckets.get(ENDS);
        Long last = ends == null ? null : MeasureLayout.max(ends);
        return List.of(TABLE.row(new View(
                key.get(0),
                key.get(1),
                LocalDate.parse(key.get(2)),
                sums,
                last == null ? null : Instant.ofEpochSecond(last),
                settings.sla().of(key.get(1)))));
    }

    private static @Nullable BigDecimal minutes(@Nullable Long seconds) {
        return seconds == null ? null : MeasureLayout.quotient(BigDecimal.valueOf(seconds), MINUTE.toSeconds());
    }
}
