-- Question: how many deals were created, won and lost on each day, and worth what? The definition of crm_deals_daily.
-- Grain:    a day on which a deal of that stage and currency was created or closed. Key: (tenant_id, pipeline_id, stage_id, currency, day).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT :as_of::timestamptz AS n, 'Europe/Amsterdam' AS time_zone
),
happened AS (
  SELECT tenant_id, pipeline_id, stage_id, currency, value, (created_at AT TIME ZONE time_zone)::date AS day, 'created' AS what
  FROM crm_deals CROSS JOIN params
  UNION ALL
  SELECT tenant_id, pipeline_id, stage_id, currency, value, (closed_at AT TIME ZONE time_zone)::date, oracle.outcome(status)
  FROM crm_deals d JOIN oracle.deal_closings c ON c.deal_id = d.id CROSS JOIN params
  WHERE oracle.outcome(status) <> 'open'
)
SELECT tenant_id, pipeline_id, stage_id, currency, day,
       count(*) FILTER (WHERE what = 'created') AS created_deals,
       coalesce(sum(value) FILTER (WHERE what = 'created'), 0) AS created_value,
       count(*) FILTER (WHERE what = 'won') AS won_deals,
       coalesce(sum(value) FILTER (WHERE what = 'won'), 0) AS won_value,
       count(*) FILTER (WHERE what = 'lost') AS lost_deals,
       coalesce(sum(value) FILTER (WHERE what = 'lost'), 0) AS lost_value
FROM happened GROUP BY tenant_id, pipeline_id, stage_id, currency, day
