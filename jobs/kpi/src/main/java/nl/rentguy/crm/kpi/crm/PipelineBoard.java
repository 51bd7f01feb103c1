package nl.rentguy.crm.kpi.crm;

import org.jspecify.annotations.Nullable;

/**
 * A pipeline and its stages, whichever came first.
 *
 * @param pipeline null while only stages are known, or when the pipeline's row is deleted before theirs
 * @param stages by id
 */
public record PipelineBoard(@Nullable Pipeline pipeline, ById<Stage> stages) implements Entity {

    public static final PipelineBoard EMPTY = new PipelineBoard(null, ById.none());

    public PipelineBoard with(@Nullable Pipeline newPipeline) {
        return new PipelineBoard(newPipeline, stages);
    }

    /** The board with that stage in its newest version, or without it when {@code stage} is null. */
    public PipelineBoard with(long stageId, @Nullable Stage stage) {
        return new PipelineBoard(pipeline, stages.with(stageId, stage));
    }

    public boolean isEmpty() {
        return pipeline == null && stages.isEmpty();
    }
}
