-- Question: do automations keep their SLA? The definition of crm_automation_sla.
-- Grain:    a workflow and day of creation. Key: (tenant_id, workflow_id, run_date).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT n, interval '10 minutes' AS sla, time_zone, (n AT TIME ZONE time_zone)::date - 400 AS frozen_day
  FROM (SELECT :as_of::timestamptz AS n, 'Europe/Amsterdam' AS time_zone) given
),
runs AS (
  SELECT tenant_id, workflow_id, (created_at AT TIME ZONE time_zone)::date AS run_date,
         lower(status) = 'failed' AS failed,
         lower(status) IN ('completed', 'succeeded', 'failed', 'cancelled') AS terminal,
         extract(epoch FROM completed_at - created_at) AS seconds,
         completed_at - created_at > sla AS late,
         completed_at IS NULL AND n - created_at > sla AS past_deadline
  FROM crm_automation_runs CROSS JOIN params
  WHERE (created_at AT TIME ZONE time_zone)::date > frozen_day
),
counts AS (
  SELECT tenant_id, workflow_id, run_date,
         count(*) AS run_count,
         count(*) FILTER (WHERE terminal AND NOT failed) AS completed_runs,
         count(*) FILTER (WHERE failed) AS failed_runs,
         count(*) FILTER (WHERE NOT terminal) AS open_runs,
         count(*) FILTER (WHERE late) AS late_runs,
         count(*) FILTER (WHERE NOT terminal AND past_deadline) AS overdue_runs,
         count(seconds) AS timed_runs, sum(seconds) AS seconds_sum,
         sum(seconds) / (nullif(count(seconds), 0) * 60) AS avg_minutes,
         percentile_disc(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds,
         max(seconds) AS max_seconds
  FROM runs GROUP BY tenant_id, workflow_id, run_date
)
SELECT tenant_id, workflow_id, run_date, run_count, completed_runs, failed_runs, open_runs, late_runs, overdue_runs,
       late_runs + overdue_runs AS sla_breaches, timed_runs, coalesce(seconds_sum, 0) AS completion_seconds_sum,
       round(avg_minutes, 6) AS avg_completion_minutes,
       round(p95_seconds / 60, 6) AS p95_completion_minutes,
       round(max_seconds / 60, 6) AS max_completion_minutes,
       round(failed_runs::numeric / run_count, 6) AS failure_rate,
       round((late_runs + overdue_runs)::numeric / run_count, 6) AS breach_rate,
       round(extract(epoch FROM sla) / 60, 6) AS sla_minutes
FROM counts CROSS JOIN params
