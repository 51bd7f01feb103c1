package nl.rentguy.crm.kpi.kpi;

import static nl.rentguy.crm.kpi.kpi.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.kpi.SqlType.INTEGER;
import static nl.rentguy.crm.kpi.kpi.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.kpi.SqlType.TEXT;
import static nl.rentguy.crm.kpi.kpi.SqlType.TIMESTAMPTZ;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.StageVisit;
import nl.rentguy.crm.kpi.engine.Amounts;
import nl.rentguy.crm.kpi.engine.Cell;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.Slots;
import nl.rentguy.crm.kpi.engine.Slots.Sum;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_deal_stage_history}: every visit of a deal to a stage. Of all that the KPIs rest on it is what the CRM's rows do not
 * tell, so a job that starts without state reads it back. Of a deal that is deleted the rows stay and tell when it was; when it is
 * restored under its id, the visits of its new life are numbered on.
 *
 * <p>Each row is a line: what it tells is its text.
 */
public final class DealStageHistory implements Kpi {

    private static final String NOTHING = "";

    private static final Slots SLOTS = new Slots();
    private static final Sum COUNT = SLOTS.sum();

    /** What the columns are derived from: the key, and the line in the order of the other columns. */
    private record View(List<String> key, List<String> line) {

        @Nullable
        Instant instant(int part) {
            return line.get(part).isEmpty() ? null : Instant.parse(line.get(part));
        }

        @Nullable
        String text(int part) {
            return line.get(part).isEmpty() ? null : line.get(part);
        }
    }

    private static final KpiTable<View> TABLE = KpiTable.<View>named("crm_deal_stage_history")
            .key("tenant_id", TEXT, v -> v.key.get(0))
            .key("deal_id", BIGINT, v -> Long.valueOf(v.key.get(1)))
            .key("visit", INTEGER, v -> Integer.valueOf(v.line.get(0)))
            .column("pipeline_id", BIGINT, v -> Long.valueOf(v.line.get(1)))
            .column("stage_id", BIGINT, v -> Long.valueOf(v.line.get(2)))
            .column("entered_at", TIMESTAMPTZ, v -> v.instant(3))
            .column("left_at", TIMESTAMPTZ, v -> v.instant(4))
            .column("closed_at", TIMESTAMPTZ, v -> v.instant(5))
            .column("value", NUMERIC, v -> BigDecimal.valueOf(Long.parseLong(v.line.get(6)), 2))
            .column("currency", TEXT, v -> v.line.get(7))
            .column("outcome", TEXT, v -> v.text(8))
            .column("deleted_at", TIMESTAMPTZ, v -> null)
            .keptRows("outcome", "left_at", "deleted_at");

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        Cell.Group group = new Cell.Group(TABLE.name(), List.of(deal.tenantId(), Long.toString(deal.id())));
        for (StageVisit visit : history.leftVisits()) {
            add(group, line(visit, null, word(visit.end())), to);
        }
        StageVisit closed = history.closedVisit();
        String outcome = deal.isOpen() ? history.reopened() ? "reopened" : NOTHING : word(deal.outcome());
        add(
                group,
                closed != null
                        ? line(closed, history.closedAt(), outcome)
                        : line(
                                history.visit(),
                                deal.pipelineId(),
                                deal.stageId(),
                                history.stageEnteredAt(),
                                null,
                                history.closedAt(),
                                deal.valueCents(),
                                deal.currency(),
                                outcome),
                to);
    }

    private static void add(Cell.Group group, List<String> line, Contributions to) {
        to.always(new Cell(group, line), SLOTS.fill().add(COUNT, 1).amounts());
    }

    private static List<String> line(StageVisit visit, @Nullable Instant closedAt, String outcome) {
        return line(
                visit.number(),
                visit.pipelineId(),
                visit.stageId(),
                visit.enteredAt(),
                visit.leftAt(),
                closedAt,
                visit.valueCents(),
                visit.currency(),
                outcome);
    }

    private static List<String> line(
            int visit,
            long pipelineId,
            long stageId,
            Instant enteredAt,
            @Nullable Instant leftAt,
            @Nullable Instant closedAt,
            long valueCents,
            String currency,
            String outcome) {
        return List.of(
                Integer.toString(visit),
                Long.toString(pipelineId),
                Long.toString(stageId),
                enteredAt.toString(),
                leftAt == null ? NOTHING : leftAt.toString(),
                closedAt == null ? NOTHING : closedAt.toString(),
                Long.toString(valueCents),
                currency,
                outcome);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Amounts> lines, Instant asOf) {
        // In order, so that a batch that is written in part has the older visits.
        return lines.keySet().stream()
                .sorted(Comparator.comparing(line -> Integer.valueOf(line.get(0))))
                .map(line -> TABLE.row(new View(key, line)))
                .toList();
    }
}
