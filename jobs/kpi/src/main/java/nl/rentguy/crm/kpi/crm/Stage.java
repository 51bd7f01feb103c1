package nl.rentguy.crm.kpi.crm;

/**
 * One version of a row of {@code crm_pipeline_stages}.
 *
 * @param order position on the board, the CRM's column {@code "order"}
 */
public record Stage(long id, long pipelineId, String name, int order) implements CrmRow.Part, Entity {

    @Override
    public long parentId() {
        return pipelineId;
    }
}
