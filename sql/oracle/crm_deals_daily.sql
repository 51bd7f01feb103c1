-- Question: how many deals were created, won and lost on each day, and worth what? The definition of crm_deals_daily.
-- Grain:    a day on which a deal of that stage and currency was created or closed. Key: (tenant_id, pipeline_id, stage_id, currency, day).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT *, (n AT TIME ZONE time_zone)::date AS today
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
),
deals AS (
  SELECT d.*, value * probability / 100 AS weighted, closed_at,
         extract(epoch FROM oracle.duration(created_at, closed_at)) AS cycle,
         closed_at <= n AND n < closed_at + kpi_window AS closed_in_window,
         expected_close BETWEEN today AND today + window_days AS expected,
         (created_at AT TIME ZONE time_zone)::date AS created_day,
         (closed_at AT TIME ZONE time_zone)::date AS closed_day
  FROM oracle.deals d CROSS JOIN params LEFT JOIN oracle.deal_closings c ON c.deal_id = d.id
),
happened AS (
  SELECT deals.*, created_day AS day, 'created' AS what FROM deals
  UNION ALL
  SELECT deals.*, closed_day, outcome FROM deals WHERE outcome <> 'open'
)
SELECT tenant_id, pipeline_id, stage_id, currency, day,
       count(*) FILTER (WHERE what = 'created') AS created_deals,
       coalesce(sum(value) FILTER (WHERE what = 'created'), 0) AS created_value,
       count(*) FILTER (WHERE what = 'won') AS won_deals,
       coalesce(sum(value) FILTER (WHERE what = 'won'), 0) AS won_value,
       count(*) FILTER (WHERE what = 'lost') AS lost_deals,
       coalesce(sum(value) FILTER (WHERE what = 'lost'), 0) AS lost_value,
       coalesce(sum(weighted) FILTER (WHERE what = 'created'), 0) AS created_weighted_value,
       coalesce(sum(extract(epoch FROM created_at)) FILTER (WHERE what = 'created'), 0) AS created_seconds_sum,
       count(*) FILTER (WHERE what = 'created' AND outcome = 'open') AS created_open_deals,
       count(*) FILTER (WHERE what = 'created' AND outcome = 'won' AND closed_in_window) AS created_won_deals_30d,
       coalesce(sum(value) FILTER (WHERE what = 'created' AND outcome = 'won' AND closed_in_window), 0) AS created_won_value_30d,
       count(*) FILTER (WHERE what = 'created' AND outcome = 'lost' AND closed_in_window) AS created_lost_deals_30d,
       count(*) FILTER (WHERE what = 'created' AND outcome <> 'open') AS created_closed_deals,
       coalesce(sum(cycle) FILTER (WHERE what = 'created' AND outcome <> 'open'), 0) AS created_cycle_seconds_sum,
       coalesce(sum(weighted) FILTER (WHERE what = 'created' AND expected), 0) AS created_forecast_next_30d
FROM happened GROUP BY tenant_id, pipeline_id, stage_id, currency, day
