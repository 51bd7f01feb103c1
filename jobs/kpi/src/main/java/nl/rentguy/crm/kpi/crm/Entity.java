package nl.rentguy.crm.kpi.crm;

/** The state of an entity, see {@link EntityKind}. Immutable. */
public sealed interface Entity
        permits Activity, AutomationRun, AcquisitionMetric, Stage, DealAggregate, PipelineAggregate, LeadAggregate {}
