package nl.rentguy.crm.kpi.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code crm_kpi.crm_kpi_metrics}.
 *
 * @param name of the metric; one that ends in {@code _total} is a counter, any other a gauge
 * @param tenant null for what is of the job
 * @param workflow null for what is not of an automation
 * @param pipeline the job by {@code kpi.pipeline-name}; null for what is of a tenant
 * @param phase null for all but {@code crm_kpi_phase}
 * @param value in the unit that the name ends in
 */
record Series(
        String name,
        @Nullable String tenant,
        @Nullable String workflow,
        @Nullable String pipeline,
        @Nullable String phase,
        double value) {

    static Series ofServer(String name, double value) {
        return new Series(name, null, null, null, null, value);
    }

    boolean isCounter() {
        return name.endsWith("_total");
    }

    Labels labels() {
        Labels.Builder labels = Labels.builder();
        add(labels, "phase", phase);
        add(labels, "pipeline", pipeline);
        add(labels, "tenant", tenant);
        add(labels, "workflow", workflow);
        return labels.build();
    }

    private static void add(Labels.Builder labels, String name, @Nullable String value) {
        if (value != null) {
            labels.label(name, value);
        }
    }
}
