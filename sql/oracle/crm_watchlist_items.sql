-- Question: what needs a person now? The definition of crm_watchlist_items. Tasks are those of columns due_at and status.
-- Grain:    a deal, an automation run or a task, and the kind of its trouble. Key: (tenant_id, kind, item_id).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT n, kpi_window, stale, idle, overdue_watch, time_zone, (n AT TIME ZONE time_zone)::date - freeze_days AS frozen_day
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
),
open_deals AS (
  SELECT d.*, v.entered_at,
         coalesce((SELECT max(occurred_at) FROM crm_activities a
                   WHERE a.deal_id = d.id AND a.tenant_id = d.tenant_id AND a.occurred_at <= n), d.created_at) AS last_activity
  FROM oracle.deals d CROSS JOIN params JOIN oracle.deal_visits v ON v.deal_id = d.id AND v.is_current
  WHERE outcome = 'open'
),
items AS (
  SELECT tenant_id, 'idle_deal' AS kind, id AS item_id, last_activity + idle AS since, id AS deal_id, NULL AS workflow_id
  FROM open_deals CROSS JOIN params WHERE last_activity + idle <= n
  UNION ALL
  SELECT tenant_id, 'stale_stage', id, entered_at + stale, id, NULL
  FROM open_deals CROSS JOIN params WHERE entered_at + stale < n
  UNION ALL
  SELECT tenant_id, 'failed_run', id, coalesce(completed_at, created_at), deal_id, workflow_id
  FROM oracle.runs CROSS JOIN params
  WHERE status = 'failed' AND created_at <= n AND n < created_at + kpi_window
  UNION ALL
  SELECT tenant_id, 'overdue_run', id, created_at + sla, deal_id, workflow_id
  FROM oracle.runs CROSS JOIN params
  WHERE status = 'open' AND completed_at IS NULL AND created_at + sla < n AND n < created_at + sla + overdue_watch
    AND (created_at AT TIME ZONE time_zone)::date > frozen_day
  UNION ALL
  SELECT tenant_id, 'overdue_task', id, due_at, deal_id, NULL
  FROM oracle.open_tasks CROSS JOIN params WHERE due_at < n
)
SELECT tenant_id, kind, item_id, since, deal_id, workflow_id FROM items
