package nl.rentguy.crm.kpi.definition;

import java.time.Duration;
import java.time.Instant;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.Durations;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.MeasureLayout.TimeMeasure;

/** What several tables say of deals, each in the places of its own layout. */
final class DealMeasures {

    private DealMeasures() {}

    /**
     * How deals ended.
     *
     * @param won how many were won
     * @param wonValue the value of those, cents
     * @param lost how many were lost
     */
    record Outcome(MeasureLayout layout, Measure won, Measure wonValue, Measure lost) {

        /** Of a deal that is won or lost. */
        MeasureLayout.Builder of(Deal closed) {
            return closed.outcome() == Deal.Outcome.WON
                    ? layout.builder().add(won, 1).add(wonValue, closed.valueCents())
                    : layout.builder().add(lost, 1);
        }

        /** Contributes it for as long as the closing is in the window; nothing of a deal that is open. */
        void contributeInWindow(
                DealHistory history, KpiSettings settings, AccumulatorKey accumulator, Contributions to) {
            Instant closed = history.closedAt();
            if (closed != null) {
                to.between(
                        closed,
                        closed.plus(settings.window()),
                        accumulator,
                        of(history.deal()).measures());
            }
        }
    }

    /**
     * Deals that are closed, whenever that was.
     *
     * @param count how many
     * @param cycle the time from creation to closing
     */
    record Closed(Measure count, TimeMeasure cycle) {

        /** Adds the deal; nothing when it is open. */
        void add(DealHistory history, MeasureLayout.Builder to) {
            Instant closed = history.closedAt();
            if (closed != null) {
                to.add(count, 1).add(cycle, length(history.deal(), closed));
            }
        }

        /** From creation to closing. */
        static Duration length(Deal deal, Instant closed) {
            return Durations.between(deal.createdAt(), closed);
        }
    }

    /**
     * What open deals are expected to bring within the window ahead: their weighted values.
     *
     * @param weighted value x probability, ten-thousandths of the currency's unit
     */
    record Forecast(MeasureLayout layout, Measure weighted) {

        void contribute(Deal deal, KpiSettings settings, AccumulatorKey accumulator, Contributions to) {
            settings.whileExpected(
                    deal,
                    (from, until) -> to.between(
                            from,
                            until,
                            accumulator,
                            layout.builder().add(weighted, deal.weighted()).measures()));
        }
    }
}
