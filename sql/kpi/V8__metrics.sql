-- Question: what do alerts need to know, of each tenant's workflows, of its acquisition figures, and of the job itself?
-- Grain:    a value. Key: (metric, tenant_id, workflow_id, pipeline, phase). Writer: none, all is read from the KPI tables.
-- Readers:  crm-kpi metrics and other exporters, as crm_kpi_exporter. No day, deal or title is in it, so that a series lasts.

CREATE VIEW crm_kpi.crm_kpi_metrics WITH (security_invoker = true) AS
WITH jobs AS (
  SELECT s.pipeline, s.phase, s.source_lag_seconds, s.snapshot_progress, s.rows_read, s.dead_letters,
         extract(epoch FROM now() - s.updated_at) AS silent, p.written_until
  FROM crm_kpi.crm_kpi_status s
  LEFT JOIN (SELECT pipeline, CASE WHEN bool_and(written_until IS NOT NULL) THEN min(written_until) END AS written_until
             FROM crm_kpi.crm_kpi_progress WHERE generation > 0 GROUP BY pipeline) p USING (pipeline)
),
newest AS (
  -- Of several jobs the one that keeps automations.
  SELECT p.pipeline, coalesce(s.settings ->> 'time_zone', 'Europe/Amsterdam') AS time_zone
  FROM crm_kpi.crm_kpi_progress p LEFT JOIN crm_kpi.crm_kpi_status s USING (pipeline)
  WHERE p.generation > 0 ORDER BY 'crm_automation_sla' = ANY (p.tables) DESC, p.generation DESC LIMIT 1
),
tenants AS MATERIALIZED (
  SELECT t.tenant_id, p.written_until AS kpi_time, (p.written_until AT TIME ZONE newest.time_zone)::date AS today
  FROM crm_kpi.crm_tenants t CROSS JOIN newest
  JOIN crm_kpi.crm_kpi_progress p ON p.pipeline = newest.pipeline AND p.generation > 0 AND p.writer = crm_kpi.share_of(t.tenant_id, p.writers)
  WHERE p.written_until IS NOT NULL
),
runs AS (
  -- Two days in one figure: at midnight what failed in the evening is still there.
  SELECT tenant_id, workflow_id,
         coalesce(sum(run_count) FILTER (WHERE run_date >= today - 1), 0) AS runs,
         coalesce(sum(failed_runs) FILTER (WHERE run_date >= today - 1), 0) AS failed,
         coalesce(sum(late_runs) FILTER (WHERE run_date >= today - 1), 0) AS late,
         coalesce(sum(run_count) FILTER (WHERE run_date > today - 7), 0) AS runs_7d,
         coalesce(sum(sla_breaches) FILTER (WHERE run_date > today - 7), 0) AS breaches_7d,
         coalesce(sum(run_count) FILTER (WHERE run_date <= today - 7), 0) AS runs_before,
         coalesce(sum(sla_breaches) FILTER (WHERE run_date <= today - 7), 0) AS breaches_before,
         count(*) FILTER (WHERE run_date BETWEEN today - 28 AND today - 1) AS days_with_runs,
         (array_agg(sla_minutes ORDER BY run_date DESC))[1] AS sla_minutes,
         min(today - run_date) AS days_since_run
  FROM crm_kpi.crm_automation_sla JOIN tenants USING (tenant_id)
  -- The first condition is one for the index.
  WHERE run_date > (SELECT min(today) FROM tenants) - 35 AND run_date > today - 35 GROUP BY tenant_id, workflow_id
),
items AS (
  -- A run that never ends is watched for kpi.overdue-watch-days, so that an alert about it comes to an end.
  SELECT i.tenant_id, i.workflow_id, count(DISTINCT i.deal_id) AS deals, count(*) FILTER (WHERE i.kind = 'overdue_run') AS overdue,
         max(extract(epoch FROM t.kpi_time - i.since)) FILTER (WHERE i.kind = 'overdue_run') AS overdue_for
  FROM crm_kpi.crm_watchlist_items i JOIN tenants t ON t.tenant_id = i.tenant_id
  WHERE i.kind = 'overdue_run' OR i.kind = 'failed_run' AND i.since > t.kpi_time - interval '2 days'
  GROUP BY i.tenant_id, i.workflow_id
),
workflows AS (
  SELECT * FROM runs FULL JOIN items USING (tenant_id, workflow_id)
)
SELECT m.metric, w.tenant_id, w.workflow_id, NULL::text AS pipeline, NULL::text AS phase, m.value::double precision AS value
FROM workflows w CROSS JOIN LATERAL (VALUES
  ('crm_automation_runs', coalesce(w.runs, 0)),
  ('crm_automation_failed_runs', coalesce(w.failed, 0)),
  ('crm_automation_late_runs', coalesce(w.late, 0)),
  ('crm_automation_failure_ratio', coalesce(w.failed / nullif(w.runs, 0), 0)),
  ('crm_automation_overdue_runs', coalesce(w.overdue, 0)),
  ('crm_automation_overdue_seconds', coalesce(w.overdue_for, 0)),
  ('crm_automation_sla_seconds', w.sla_minutes * 60),
  ('crm_automation_affected_deals', coalesce(w.deals, 0)),
  ('crm_automation_week_runs', coalesce(w.runs_7d, 0)),
  ('crm_automation_week_breaches', coalesce(w.breaches_7d, 0)),
  ('crm_automation_weeks_before_runs', coalesce(w.runs_before, 0)),
  ('crm_automation_weeks_before_breaches', coalesce(w.breaches_before, 0)),
  ('crm_automation_days_with_runs', coalesce(w.days_with_runs, 0)),
  ('crm_automation_days_since_run', coalesce(w.days_since_run, 35))
) AS m (metric, value)
WHERE m.value IS NOT NULL
UNION ALL
SELECT m.metric, s.tenant_id, NULL, NULL, NULL, m.value
FROM (SELECT tenant_id, sum(open_deal_count) AS open_deals, sum(stale_deal_count) AS stale_deals
      FROM crm_kpi.crm_pipeline_velocity GROUP BY tenant_id) s
CROSS JOIN LATERAL (VALUES ('crm_open_deals', s.open_deals), ('crm_stale_deals', s.stale_deals)) AS m (metric, value)
UNION ALL
SELECT m.metric, t.tenant_id, NULL, NULL, NULL, m.value
FROM tenants t
CROSS JOIN LATERAL (SELECT max(day) AS day FROM crm_kpi.crm_acquisition_daily a WHERE a.tenant_id = t.tenant_id) AS newest
CROSS JOIN LATERAL (SELECT coalesce(sum(sessions), 0) AS sessions FROM crm_kpi.crm_acquisition_daily a
                    WHERE a.tenant_id = t.tenant_id AND a.day > t.today - 7) AS week
CROSS JOIN LATERAL (VALUES ('crm_acquisition_days_old', (t.today - newest.day)::numeric), ('crm_acquisition_week_sessions', week.sessions)) AS m (metric, value)
WHERE newest.day IS NOT NULL
UNION ALL
SELECT m.metric, NULL, NULL, j.pipeline, NULL, m.value
FROM jobs j CROSS JOIN LATERAL (VALUES
  ('crm_kpi_time_seconds', extract(epoch FROM j.written_until)::double precision),
  ('crm_kpi_behind_seconds', extract(epoch FROM now() - j.written_until)::double precision),
  ('crm_kpi_status_silent_seconds', j.silent::double precision),
  ('crm_kpi_source_lag_seconds', j.source_lag_seconds),
  ('crm_kpi_snapshot_ratio', j.snapshot_progress),
  ('crm_kpi_rows_read_total', j.rows_read::double precision),
  ('crm_kpi_dead_letters_total', j.dead_letters::double precision)
) AS m (metric, value)
WHERE m.value IS NOT NULL
UNION ALL
SELECT 'crm_kpi_dead_letters_open', NULL, NULL, NULL, NULL, count(*)
FROM (SELECT FROM crm_kpi.crm_kpi_dead_letters WHERE replayed_at IS NULL LIMIT 10000) letters
UNION ALL
SELECT 'crm_kpi_phase', NULL, NULL, j.pipeline, p.phase, (p.phase = j.phase)::integer
FROM jobs j CROSS JOIN unnest(ARRAY['snapshot', 'catching_up', 'live', 'degraded', 'restarting', 'stopped', 'failed']) AS p (phase);
COMMENT ON VIEW crm_kpi.crm_kpi_metrics IS 'The series that alerts are made of: name, labels and value of each, as of KPI time. What each means says crm_kpi_metric_names.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metrics.metric IS 'Name of the series.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metrics.tenant_id IS 'Label tenant: whose it is; empty for the job''s own.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metrics.workflow_id IS 'Label workflow, of automations.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metrics.pipeline IS 'Label pipeline: the job, by kpi.pipeline-name; empty for those of a tenant.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metrics.phase IS 'Label phase, of crm_kpi_phase.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metrics.value IS 'Its value, in the unit that the name ends in.';

CREATE VIEW crm_kpi.crm_kpi_metric_names WITH (security_invoker = true) AS
SELECT * FROM (VALUES
  ('crm_automation_runs', 'Runs of the workflow that were created today or yesterday, in kpi.time-zone.'),
  ('crm_automation_failed_runs', 'Of those, the runs that failed.'),
  ('crm_automation_late_runs', 'Of those, the runs that took longer than the SLA.'),
  ('crm_automation_failure_ratio', 'Failed runs / runs of today and yesterday, 0 to 1; 0 without runs.'),
  ('crm_automation_overdue_runs', 'Runs that have not ended although the SLA has passed, for kpi.overdue-watch-days at most.'),
  ('crm_automation_overdue_seconds', 'For how long the oldest of those is overdue; 0 without any.'),
  ('crm_automation_sla_seconds', 'The SLA of the workflow.'),
  ('crm_automation_affected_deals', 'Deals with an overdue run, or with one that failed in the last two days.'),
  ('crm_automation_week_runs', 'Runs of the last 7 days.'),
  ('crm_automation_week_breaches', 'SLA breaches of the last 7 days.'),
  ('crm_automation_weeks_before_runs', 'Runs of the 28 days before the last 7.'),
  ('crm_automation_weeks_before_breaches', 'SLA breaches of the 28 days before the last 7.'),
  ('crm_automation_days_with_runs', 'Of the 28 days before today, those on which the workflow ran.'),
  ('crm_automation_days_since_run', 'Days since the workflow last ran; 35 for longer.'),
  ('crm_open_deals', 'Open deals of the tenant.'),
  ('crm_stale_deals', 'Open deals that are in their stage for more than kpi.stale-days.'),
  ('crm_acquisition_days_old', 'Age in days of the newest acquisition figures.'),
  ('crm_acquisition_week_sessions', 'Sessions of the last 7 days.'),
  ('crm_kpi_time_seconds', 'KPI time in seconds since 1970: all that was committed in the CRM until then is in the tables.'),
  ('crm_kpi_behind_seconds', 'How far KPI time is behind the KPI database''s clock.'),
  ('crm_kpi_status_silent_seconds', 'Since the job last wrote its status.'),
  ('crm_kpi_source_lag_seconds', 'Age of the newest commit that was read.'),
  ('crm_kpi_snapshot_ratio', 'Share of the snapshot that was read, 0 to 1.'),
  ('crm_kpi_rows_read_total', 'Rows of the snapshot and changes since that the job has read.'),
  ('crm_kpi_dead_letters_total', 'How many of them could not be taken in.'),
  ('crm_kpi_dead_letters_open', 'Rows of crm_kpi_dead_letters that nobody has marked as replayed; 10,000 for more.'),
  ('crm_kpi_phase', '1 for the phase that the job is in, 0 for the others.')
) AS names (metric, help);
COMMENT ON VIEW crm_kpi.crm_kpi_metric_names IS 'What each metric of crm_kpi_metrics means. Names that end in _total are counters, all others gauges.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metric_names.metric IS 'Name of the series.';
COMMENT ON COLUMN crm_kpi.crm_kpi_metric_names.help IS 'What it means.';

-- Views are read with the rights of who reads them: these columns, none of which names a person or an amount.
GRANT SELECT ON crm_kpi.crm_kpi_metrics, crm_kpi.crm_kpi_metric_names TO crm_kpi_exporter, crm_kpi_reader;
GRANT SELECT (tenant_id, workflow_id, run_date, run_count, failed_runs, late_runs, sla_breaches, sla_minutes)
  ON crm_kpi.crm_automation_sla TO crm_kpi_exporter;
GRANT SELECT (tenant_id, kind, deal_id, workflow_id, since) ON crm_kpi.crm_watchlist_items TO crm_kpi_exporter;
GRANT SELECT (tenant_id, open_deal_count, stale_deal_count) ON crm_kpi.crm_pipeline_velocity TO crm_kpi_exporter;
GRANT SELECT (tenant_id, day, sessions) ON crm_kpi.crm_acquisition_daily TO crm_kpi_exporter;
GRANT SELECT ON crm_kpi.crm_tenants TO crm_kpi_exporter;
GRANT SELECT (replayed_at) ON crm_kpi.crm_kpi_dead_letters TO crm_kpi_exporter, crm_kpi_reader;
