package nl.rentguy.crm.kpi.crm;

import org.jspecify.annotations.Nullable;

/**
 * A pipeline and its stages, whichever came first.
 *
 * @param pipeline null while only stages are known, or when the pipeline's row is deleted before theirs
 * @param stages by id
 */
public record PipelineAggregate(@Nullable Pipeline pipeline, ById<Stage> stages) implements Entity {

    public static final PipelineAggregate EMPTY = new PipelineAggregate(null, ById.none());

    public PipelineAggregate with(@Nullable Pipeline newPipeline) {
        return new PipelineAggregate(newPipeline, stages);
    }

    /** The aggregate with that stage in its newest version, or without it when {@code stage} is null. */
    public PipelineAggregate with(long stageId, @Nullable Stage stage) {
        return new PipelineAggregate(pipeline, stages.with(stageId, stage));
    }

    @Override
    public int parts() {
        return stages.size();
    }

    public boolean isEmpty() {
        return pipeline == null && stages.isEmpty();
    }
}
