package nl.rentguy.crm.kpi.crm;

/** One version of a row of {@code crm_pipelines}. */
public record Pipeline(long id, String tenantId, String name) implements CrmRow {}
