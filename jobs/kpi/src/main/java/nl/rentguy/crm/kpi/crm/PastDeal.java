package nl.rentguy.crm.kpi.crm;

import org.jspecify.annotations.Nullable;

/**
 * What the KPI database remembers of a deal from an earlier job.
 *
 * @param lastVisit number of the newest visit that is known, of whichever life of the deal
 * @param history the deal's life that goes on; null when it had been deleted
 */
public record PastDeal(
        long dealId,
        String tenantId,
        int lastVisit,
        @Nullable DealHistory history) implements CrmRow {}
