package nl.rentguy.crm.kpi.store;

import java.io.Serializable;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.definition.KpiSettings;

/**
 * Makes the writers of a job.
 *
 * @param kpi the database that has schema {@code crm_kpi}
 * @param pipeline name of the job
 */
public record KpiWriters(Database kpi, KpiSettings settings, String pipeline) implements Serializable {

    /**
     * That of one share of all tenants.
     *
     * @param writer number of the share, from 0 on
     * @param writers how many shares there are
     */
    public KpiWriter of(int writer, int writers) {
        return new KpiWriter(kpi, settings, pipeline, writer, writers);
    }
}
