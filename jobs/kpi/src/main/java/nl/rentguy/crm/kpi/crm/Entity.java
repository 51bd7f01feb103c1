package nl.rentguy.crm.kpi.crm;

/** The state of an entity, see {@link EntityKind}. Immutable. */
public sealed interface Entity
        permits Activity, AutomationRun, AcquisitionMetric, Stage, DealAggregate, PipelineAggregate, LeadAggregate {

    /** How many things are kept under it, such as the deals of a lead; it takes room in proportion to them. */
    default int parts() {
        return 0;
    }
}
