-- Question: do automations keep their SLA? The definition of crm_automation_sla.
-- Grain:    a workflow and day of creation. Key: (tenant_id, workflow_id, run_date).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT n, time_zone, (n AT TIME ZONE time_zone)::date - freeze_days AS frozen_day
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
),
runs AS (
  SELECT tenant_id, workflow_id, (created_at AT TIME ZONE time_zone)::date AS run_date, status, completed_at, sla,
         extract(epoch FROM oracle.duration(created_at, completed_at)) AS seconds,
         completed_at - created_at > sla AS late,
         status = 'open' AND completed_at IS NULL AND n - created_at > sla AS overdue
  FROM oracle.runs CROSS JOIN params
  WHERE (created_at AT TIME ZONE time_zone)::date > frozen_day
),
counts AS (
  SELECT tenant_id, workflow_id, run_date, sla,
         count(*) AS run_count,
         count(*) FILTER (WHERE status IN ('completed', 'cancelled')) AS completed_runs,
         count(*) FILTER (WHERE status = 'failed') AS failed_runs,
         count(*) FILTER (WHERE status = 'open') AS open_runs,
         count(*) FILTER (WHERE late) AS late_runs,
         count(*) FILTER (WHERE overdue) AS overdue_runs,
         count(*) FILTER (WHERE status <> 'open' OR completed_at IS NOT NULL) AS ended_runs,
         date_trunc('second', max(completed_at)) AS last_ended_at,
         count(seconds) AS timed_runs, sum(seconds) AS seconds_sum,
         sum(seconds) / (nullif(count(seconds), 0) * 60) AS avg_minutes,
         percentile_disc(0.95) WITHIN GROUP (ORDER BY floor(seconds)) AS p95_seconds,
         floor(max(seconds)) AS max_seconds
  FROM runs GROUP BY tenant_id, workflow_id, run_date, sla
)
SELECT tenant_id, workflow_id, run_date, run_count, completed_runs, failed_runs, open_runs, late_runs, overdue_runs,
       late_runs + overdue_runs AS sla_breaches, ended_runs, last_ended_at, timed_runs,
       coalesce(seconds_sum, 0) AS completion_seconds_sum,
       round(avg_minutes, 6) AS avg_completion_minutes,
       round(p95_seconds / 60, 6) AS p95_completion_minutes,
       round(max_seconds / 60, 6) AS max_completion_minutes,
       round(failed_runs::numeric / run_count, 6) AS failure_rate,
       round((late_runs + overdue_runs)::numeric / run_count, 6) AS breach_rate,
       round(extract(epoch FROM sla) / 60, 6) AS sla_minutes
FROM counts
