package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import nl.rentguy.crm.kpi.crm.AcquisitionMetric;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.crm.DealOfLead;
import nl.rentguy.crm.kpi.crm.Lead;
import nl.rentguy.crm.kpi.crm.Letters;
import nl.rentguy.crm.kpi.engine.AccumulatorKey;
import nl.rentguy.crm.kpi.engine.AggregateKey;
import nl.rentguy.crm.kpi.engine.Contributions;
import nl.rentguy.crm.kpi.engine.KpiRow;
import nl.rentguy.crm.kpi.engine.MeasureLayout;
import nl.rentguy.crm.kpi.engine.MeasureLayout.Measure;
import nl.rentguy.crm.kpi.engine.Measures;
import org.jspecify.annotations.Nullable;

/**
 * {@code crm_source_performance}: what each source brought, from the visits of its website to the deals that were won. {@code
 * crm_source_performance_daily} has the same by the day on which a lead or a deal was created, or figures were captured, and by
 * where the source's name is from.
 *
 * <p>A source is the same however it is spelled: in upper or lower case, with blanks around it. Of several spellings the row
 * shows the first in alphabetical order.
 */
public final class SourcePerformance implements SumKpi {

    private static final String NAME = "name";
    private static final String SUMS = "sums";

    private static final MeasureLayout LAYOUT = new MeasureLayout();
    private static final Measure COUNT = LAYOUT.measure();
    private static final Measure LEADS = LAYOUT.measure();
    private static final Measure DEALS = LAYOUT.measure();
    private static final Measure WON = LAYOUT.measure();
    private static final Measure VALUE = LAYOUT.measure();
    private static final Measure WON_VALUE = LAYOUT.measure();
    private static final Measure SESSIONS = LAYOUT.measure();
    private static final Measure GA_CONVERSIONS = LAYOUT.measure();
    private static final Measure GTM_CONVERSIONS = LAYOUT.measure();
    private static final Measure GA_VALUE = LAYOUT.measure();
    private static final Measure GTM_VALUE = LAYOUT.measure();

    /** Where a name is from; of several, the first counts. */
    private enum Dimension {
        LEAD_SOURCE,
        GA_SOURCE,
        GA_CHANNEL,
        INTERNAL;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A source as somebody wrote it.
     *
     * @param key the same for all ways to write it
     */
    private record Source(Dimension dimension, String key, String label) {

        static final Source OF_LEADS_WITHOUT = new Source(Dimension.LEAD_SOURCE, "direct/other", "Direct/Other");
        static final Source OF_DEALS_WITHOUT = new Source(Dimension.INTERNAL, "pipeline", "Pipeline");
        static final Source OF_FIGURES_WITHOUT = new Source(Dimension.GA_CHANNEL, "ga/other", "GA Other");

        static Source of(Dimension dimension, @Nullable String text, Source otherwise) {
            String label = text == null ? "" : Letters.ofKey(Letters.trimmed(text));
            return label.isEmpty() ? otherwise : new Source(dimension, Letters.fold(label), label);
        }

        List<String> bucket() {
            return List.of(NAME, dimension.name(), label);
        }
    }

    /** How a row shows its source: where its name is from, and the name. */
    private record Name(Dimension dimension, String label) {

        static final Comparator<Name> ORDER = Comparator.comparing(Name::dimension)
                .thenComparing(name -> name.label.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

        static Name ofBucket(List<String> bucket) {
            return new Name(Dimension.valueOf(bucket.get(1)), bucket.get(2));
        }
    }

    /** What the columns are derived from: the key as it was contributed, and the rest. */
    private record View(List<String> key, String currency, Name name, Measures sums) {}

    private final KpiSettings settings;
    private final Grain grain;
    private final KpiTable<View> table;

    SourcePerformance(KpiSettings settings, Grain grain) {
        this.settings = settings;
        this.grain = grain;
        KpiTable<View> named = KpiTable.<View>named(grain.named("crm_source_performance"))
                .key("tenant_id", TEXT, v -> v.key.get(0))
                .key("source_key", TEXT, v -> v.key.get(1))
                .key("currency", TEXT, View::currency);
        // By day, figures that are too old for a look-back can be left out: they have rows of their own.
        KpiTable<View> keyed = grain == Grain.DAY
                ? grain.andDay(named.key("dimension_type", TEXT, v -> v.name.dimension.word()), View::key)
                : named.column("dimension_type", TEXT, v -> v.name.dimension.word());
        this.table = keyed.column("label", TEXT, v -> v.name.label)
                .column("lead_count", BIGINT, v -> LEADS.of(v.sums))
                .column("deal_count", BIGINT, v -> DEALS.of(v.sums))
                .column("won_deal_count", BIGINT, v -> WON.of(v.sums))
                .column("pipeline_value", NUMERIC, v -> VALUE.of(v.sums, 2))
                .column("won_value", NUMERIC, v -> WON_VALUE.of(v.sums, 2))
                .column("sessions", BIGINT, v -> SESSIONS.of(v.sums))
                .column("ga_conversions", BIGINT, v -> GA_CONVERSIONS.of(v.sums))
                .column("gtm_conversions", BIGINT, v -> GTM_CONVERSIONS.of(v.sums))
                .column("ga_revenue", NUMERIC, v -> GA_VALUE.of(v.sums, 2))
                .column("gtm_revenue", NUMERIC, v -> GTM_VALUE.of(v.sums, 2));
    }

    @Override
    public KpiTable<?> table() {
        return table;
    }

    @Override
    public void contribute(Lead lead, boolean hasDeals, boolean isWon, Contributions to) {
        Source source = Source.of(Dimension.LEAD_SOURCE, lead.source(), Source.OF_LEADS_WITHOUT);
        add(
                aggregate(lead.tenantId(), source, settings.dayOf(lead.createdAt())),
                source,
                settings.defaultCurrency(),
                LAYOUT.builder().add(LEADS, 1),
                to);
    }

    @Override
    public void contribute(DealOfLead deal, @Nullable Lead lead, Contributions to) {
        add(deal, Source.of(Dimension.LEAD_SOURCE, lead == null ? null : lead.source(), Source.OF_DEALS_WITHOUT), to);
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        Deal deal = history.deal();
        if (deal.leadId() == null) {
            add(
                    deal.tenantId(),
                    deal.currency(),
                    deal.createdAt(),
                    deal.outcome(),
                    deal.valueCents(),
                    Source.OF_DEALS_WITHOUT,
                    to);
        }
    }

    @Override
    public void contribute(AcquisitionMetric metric, Contributions to) {
        Source channel = Source.of(Dimension.GA_CHANNEL, metric.channel(), Source.OF_FIGURES_WITHOUT);
        Source source = Source.of(Dimension.GA_SOURCE, metric.source(), channel);
        addBetween(
                settings.startOf(metric.capturedDate()),
                grain.endOf(metric.capturedDate(), settings),
                aggregate(metric.tenantId(), source, metric.capturedDate()),
                source,
                settings.defaultCurrency(),
                LAYOUT.builder()
                        .add(SESSIONS, metric.sessions())
                        .add(GA_CONVERSIONS, metric.gaConversions())
                        .add(GTM_CONVERSIONS, metric.gtmConversions())
                        .add(GA_VALUE, metric.gaConversionCents())
                        .add(GTM_VALUE, metric.gtmConversionCents()),
                to);
    }

    private void add(DealOfLead deal, Source source, Contributions to) {
        add(deal.tenantId(), deal.currency(), deal.createdAt(), deal.outcome(), deal.valueCents(), source, to);
    }

    private void add(
            String tenant,
            String currency,
            Instant created,
            Deal.Outcome outcome,
            long valueCents,
            Source source,
            Contributions to) {
        MeasureLayout.Builder sums = LAYOUT.builder().add(DEALS, 1).add(VALUE, valueCents);
        if (outcome == Deal.Outcome.WON) {
            sums.add(WON, 1).add(WON_VALUE, valueCents);
        }
        add(aggregate(tenant, source, settings.dayOf(created)), source, currency, sums, to);
    }

    private static void add(
            AggregateKey aggregate, Source source, String currency, MeasureLayout.Builder sums, Contributions to) {
        addBetween(Instant.MIN, Instant.MAX, aggregate, source, currency, sums, to);
    }

    private static void addBetween(
            Instant from,
            Instant until,
            AggregateKey aggregate,
            Source source,
            String currency,
            MeasureLayout.Builder sums,
            Contributions to) {
        to.between(
                from,
                until,
                new AccumulatorKey(aggregate, List.of(SUMS, currency)),
                sums.add(COUNT, 1).measures());
        to.between(
                from,
                until,
                new AccumulatorKey(aggregate, source.bucket()),
                LAYOUT.builder().add(COUNT, 1).measures());
    }

    private AggregateKey aggregate(String tenant, Source source, LocalDate day) {
        return new AggregateKey(
                table.name(),
                grain == Grain.TOTAL
                        ? List.of(tenant, source.key())
                        : List.of(tenant, source.key(), source.dimension().word(), day.toString()));
    }

    @Override
    public List<KpiRow> rows(List<String> key, Map<List<String>, Measures> buckets, Instant asOf) {
        if (buckets.isEmpty()) {
            return List.of();
        }
        Name first = buckets.keySet().stream()
                .filter(bucket -> bucket.get(0).equals(NAME))
                .map(Name::ofBucket)
                .min(Name.ORDER)
                .orElseThrow();
        return Currencies.rows(
                SUMS,
                buckets,
                settings.defaultCurrency(),
                LAYOUT.none(),
                (currency, sums) -> table.row(new View(key, currency, first, sums)));
    }
}
