package nl.rentguy.crm.kpi.definition;

import static nl.rentguy.crm.kpi.definition.SqlType.BIGINT;
import static nl.rentguy.crm.kpi.definition.SqlType.NUMERIC;
import static nl.rentguy.crm.kpi.definition.SqlType.TEXT;

import java.math.BigDecimal;
import nl.rentguy.crm.kpi.crm.Deal;
import nl.rentguy.crm.kpi.crm.DealHistory;
import nl.rentguy.crm.kpi.engine.Contributions;

/** {@code crm_deals}: what lists show of a deal, once for each. The one place with its title. */
public final class Deals implements RowKpi {

    private static final KpiTable<Deal> TABLE = KpiTable.<Deal>named("crm_deals")
            .key("tenant_id", TEXT, Deal::tenantId)
            .key("deal_id", BIGINT, Deal::id)
            .column("title", TEXT, Deal::title)
            .column("pipeline_id", BIGINT, Deal::pipelineId)
            .column("stage_id", BIGINT, Deal::stageId)
            .column("value", NUMERIC, deal -> BigDecimal.valueOf(deal.valueCents(), 2))
            .column("currency", TEXT, Deal::currency);

    @Override
    public KpiTable<?> table() {
        return TABLE;
    }

    @Override
    public void contribute(DealHistory history, Contributions to) {
        to.row(TABLE.name(), TABLE.row(history.deal()));
    }
}
