package nl.rentguy.crm.kpi.definition;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** KPI tables that belong together: a job keeps those of the groups that {@code kpi.groups} names. */
public enum KpiGroup {
    PIPELINE(settings -> List.of(
            new PipelineVelocity(settings),
            new SalesVelocity(settings),
            new DealsDaily(settings),
            new ClosedDealsDaily(settings),
            new DealStageHistory(settings),
            new Deals())),
    AUTOMATION(settings -> List.of(new AutomationSla(settings))),
    LEADS(settings -> List.of(
            new LeadFunnel(settings, Grain.TOTAL),
            new LeadFunnel(settings, Grain.DAY),
            new SourcePerformance(settings, Grain.TOTAL),
            new SourcePerformance(settings, Grain.DAY))),
    ACQUISITION(settings -> List.of(new Acquisition(settings, Grain.TOTAL), new Acquisition(settings, Grain.DAY))),
    ACTIVITY(settings -> List.of(new ActivityChannels(settings))),
    WATCHLIST(settings -> List.of(new Watchlist(settings)));

    @SuppressWarnings("ImmutableEnumChecker") // the functions above hold nothing
    private final Function<KpiSettings, List<Kpi>> kpis;

    KpiGroup(Function<KpiSettings, List<Kpi>> kpis) {
        this.kpis = kpis;
    }

    /** Its KPIs, by those settings. */
    List<Kpi> kpis(KpiSettings settings) {
        return kpis.apply(settings);
    }

    /** As it is written in {@code kpi.groups}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
