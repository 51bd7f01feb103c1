package nl.rentguy.crm.kpi.benchmarks;

/** A CRM of many companies, written by PostgreSQL itself: faster than any job could read it. The same at every run but for the clock. */
final class Workload {

    /** How many rows the tables that the job reads have. */
    static final String ROWS = """
            SELECT (SELECT count(*) FROM crm_leads) + (SELECT count(*) FROM crm_deals) + (SELECT count(*) FROM crm_activities)
              + (SELECT count(*) FROM crm_automation_runs) + (SELECT count(*) FROM crm_pipelines)
              + (SELECT count(*) FROM crm_pipeline_stages) + (SELECT count(*) FROM crm_acquisition_metrics)""";

    /** What moves a source on that has read the snapshot. */
    static final String BEAT = """
            INSERT INTO crm_kpi_heartbeat VALUES (1, now(), coalesce((SELECT covered FROM crm_kpi_heartbeat), ''))
            ON CONFLICT (id) DO UPDATE SET beat_at = now()""";

    /** The last change of all. */
    static final String MARKER = """
            INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, completed_at)
            VALUES ('tenant-1', 1, 't', 'marker', 'completed', now())""";

    /** How many rows of the KPI tables know of the marker. */
    static final String MARKED = "SELECT count(*) FROM crm_kpi.crm_automation_sla WHERE workflow_id = 'marker'";

    /** Of each ten changes three touch a deal, two are activities, two begin runs, two end runs and one brings a lead. */
    static final String PROCEDURES = """
            CREATE SCHEMA workload;
            -- For the oracle, which asks each deal for its last activity.
            CREATE INDEX ON crm_activities (deal_id, occurred_at);

            CREATE PROCEDURE workload.seed(tenants int, deals int, others int) LANGUAGE plpgsql AS $$
            BEGIN
              PERFORM setseed(0.5);
              INSERT INTO crm_pipelines (tenant_id, name)
              SELECT 'tenant-' || t, 'Board ' || b FROM generate_series(1, tenants) t, generate_series(1, 2) b ORDER BY t, b;
              INSERT INTO crm_pipeline_stages (pipeline_id, name, "order")
              SELECT p.id, 'Stage ' || s, s FROM crm_pipelines p, generate_series(1, 5) s ORDER BY p.id, s;
              INSERT INTO crm_leads (tenant_id, name, source, created_at)
              SELECT 'tenant-' || 1 + i % tenants, 'Customer', nullif('Source ' || i % 9, 'Source 0'),
                now() - random() * interval '120 days' FROM generate_series(1, others) i;
              INSERT INTO crm_deals (tenant_id, lead_id, pipeline_id, stage_id, title, value, currency, probability, status,
                expected_close, created_at, updated_at)
              SELECT 'tenant-' || 1 + i % tenants, 1 + (i - 1) % others, 1 + 2 * (i % tenants) + i % 2,
                1 + 10 * (i % tenants) + 5 * (i % 2) + (random() * 4)::int,
                'Wedding ' || i, 150 + i % 5000, CASE WHEN i % 20 = 0 THEN 'GBP' ELSE 'EUR' END, i % 100,
                CASE WHEN i % 3 = 0 THEN 'won' WHEN i % 7 = 0 THEN 'lost' ELSE 'open' END, current_date + i % 90, created,
                created + random() * (now() - created)
              FROM (SELECT i, now() - random() * interval '120 days' AS created FROM generate_series(1, deals) i) AS deal;
              INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary, occurred_at)
              SELECT d.tenant_id, d.id, (ARRAY['call', 'email', 'meeting'])[1 + i % 3], 'note',
                d.created_at + random() * (now() - d.created_at)
              FROM generate_series(1, others) i JOIN crm_deals d ON d.id = 1 + i % deals;
              INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at)
              SELECT tenant_id, deal_id, 't', 'workflow-' || i % 8, CASE WHEN i % 12 = 0 THEN 'failed' ELSE 'completed' END,
                created, created + random() * interval '12 minutes'
              FROM (SELECT i, d.tenant_id, d.id AS deal_id, now() - random() * interval '120 days' AS created
                FROM generate_series(1, others) i JOIN crm_deals d ON d.id = 1 + (i * 7) % deals) AS run;
            END $$;

            CREATE PROCEDURE workload.change(changes int) LANGUAGE plpgsql AS $$
            DECLARE
              deals int := (SELECT max(id) FROM crm_deals);
              firstrun int := (SELECT max(id) FROM crm_automation_runs) + 1;
              begun int := firstrun;
              ended int := firstrun;
              deal int;
            BEGIN
              PERFORM setseed(0.25);
              FOR i IN 1 .. changes LOOP
                deal := 1 + floor(random() * deals)::int;
                CASE i % 10
                  WHEN 0 THEN
                    INSERT INTO crm_leads (tenant_id, name, source)
                    SELECT tenant_id, 'Customer', 'Source ' || i % 9 FROM crm_deals WHERE id = deal;
                  WHEN 1, 2 THEN
                    INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary)
                    SELECT tenant_id, id, 'call', 'note' FROM crm_deals WHERE id = deal;
                  WHEN 3, 4 THEN
                    INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status)
                    SELECT tenant_id, id, 't', 'workflow-' || i % 8, 'running' FROM crm_deals WHERE id = deal;
                    begun := begun + 1;
                  WHEN 5, 6 THEN
                    IF ended < begun THEN
                      UPDATE crm_automation_runs SET completed_at = now(),
                        status = CASE WHEN ended % 12 = 0 THEN 'failed' ELSE 'completed' END WHERE id = ended;
                      ended := ended + 1;
                    END IF;
                  WHEN 7 THEN
                    UPDATE crm_deals SET stage_id = 1 + (stage_id - 1) / 5 * 5 + stage_id % 5, updated_at = now() WHERE id = deal;
                  WHEN 8 THEN
                    UPDATE crm_deals SET value = value + 1, probability = (probability + 7) % 100, updated_at = now() WHERE id = deal;
                  ELSE
                    UPDATE crm_deals SET status = CASE WHEN status <> 'open' THEN 'open' WHEN i % 20 = 9 THEN 'won' ELSE 'lost' END,
                      updated_at = now() WHERE id = deal;
                END CASE;
                COMMIT;
              END LOOP;
            END $$;""";

    private Workload() {}
}
