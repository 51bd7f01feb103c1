-- Question: the deals of each stage: how many, worth what, how old, how fast? The definition of crm_pipeline_velocity.
-- Grain:    a stage and a currency that occurs in it. Key: (tenant_id, pipeline_id, stage_id, currency).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT *, (n AT TIME ZONE time_zone)::date AS today
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
),
deals AS (
  SELECT d.tenant_id, d.stage_id, d.currency, d.value, d.value * d.probability / 100 AS weighted,
         extract(epoch FROM n - d.created_at) AS age, extract(epoch FROM d.created_at) AS created,
         extract(epoch FROM oracle.duration(d.created_at, c.closed_at)) AS cycle,
         d.expected_close BETWEEN today AND today + window_days AS expected,
         d.outcome,
         c.closed_at <= n AND n < c.closed_at + kpi_window AS closed_in_window,
         extract(epoch FROM n - v.entered_at) AS in_stage, extract(epoch FROM v.entered_at) AS entered,
         n - v.entered_at > stale AS is_stale
  FROM oracle.deals d CROSS JOIN params
  LEFT JOIN oracle.deal_visits v ON v.deal_id = d.id AND v.is_current
  LEFT JOIN oracle.deal_closings c ON c.deal_id = d.id
),
in_stage AS (
  SELECT tenant_id, stage_id, currency,
         count(*) AS deal_count, sum(value) AS total_value, sum(weighted) AS weighted_value, sum(age) AS age,
         count(*) FILTER (WHERE outcome = 'open') AS open_deal_count,
         sum(value) FILTER (WHERE outcome = 'open') AS open_value,
         sum(weighted) FILTER (WHERE outcome = 'open') AS open_weighted_value,
         sum(age) FILTER (WHERE outcome = 'open') AS open_age,
         sum(in_stage) FILTER (WHERE outcome = 'open') AS in_stage,
         count(*) FILTER (WHERE outcome = 'open' AND is_stale) AS stale_deal_count,
         count(*) FILTER (WHERE outcome = 'won' AND closed_in_window) AS won_deals_30d,
         sum(value) FILTER (WHERE outcome = 'won' AND closed_in_window) AS won_value_30d,
         count(*) FILTER (WHERE outcome = 'lost' AND closed_in_window) AS lost_deals_30d,
         sum(created) FILTER (WHERE outcome = 'open') AS open_created, sum(entered) FILTER (WHERE outcome = 'open') AS entered,
         sum(created) AS created, count(*) FILTER (WHERE outcome <> 'open') AS closed,
         sum(cycle) FILTER (WHERE outcome <> 'open') AS cycle, sum(weighted) FILTER (WHERE expected) AS forecast
  FROM deals GROUP BY tenant_id, stage_id, currency
),
ended AS (
  SELECT d.tenant_id, v.stage_id, d.currency, count(*) AS throughput_count_30d,
         sum(extract(epoch FROM oracle.duration(v.entered_at, v.left_at))) AS throughput
  FROM oracle.deal_visits v JOIN oracle.deals d ON d.id = v.deal_id CROSS JOIN params
  WHERE v.left_at <= n AND n < v.left_at + kpi_window
  GROUP BY d.tenant_id, v.stage_id, d.currency
),
cells AS (
  SELECT * FROM in_stage FULL JOIN ended USING (tenant_id, stage_id, currency)
)
SELECT p.tenant_id, p.id AS pipeline_id, s.id AS stage_id, coalesce(c.currency, default_currency) AS currency,
       p.name AS pipeline_name, s.name AS stage_name, s."order" AS stage_order,
       coalesce(deal_count, 0) AS deal_count,
       coalesce(total_value, 0) AS total_value,
       coalesce(weighted_value, 0) AS weighted_value,
       round(age / (nullif(deal_count, 0) * 86400), 6) AS avg_age_days,
       coalesce(open_deal_count, 0) AS open_deal_count,
       coalesce(open_value, 0) AS open_value,
       coalesce(open_weighted_value, 0) AS open_weighted_value,
       round(open_age / (nullif(open_deal_count, 0) * 86400), 6) AS avg_open_age_days,
       round(in_stage / (nullif(open_deal_count, 0) * 86400), 6) AS avg_days_in_stage,
       coalesce(stale_deal_count, 0) AS stale_deal_count,
       coalesce(throughput_count_30d, 0) AS throughput_count_30d,
       round(throughput / (nullif(throughput_count_30d, 0) * 86400), 6) AS avg_throughput_days,
       coalesce(won_deals_30d, 0) AS won_deals_30d,
       coalesce(won_value_30d, 0) AS won_value_30d,
       coalesce(lost_deals_30d, 0) AS lost_deals_30d,
       coalesce(created, 0) AS created_seconds_sum,
       coalesce(closed, 0) AS closed_deal_count,
       coalesce(cycle, 0) AS cycle_seconds_sum,
       coalesce(forecast, 0) AS forecast_next_30d,
       coalesce(open_created, 0) AS open_created_seconds_sum,
       coalesce(entered, 0) AS entered_seconds_sum
FROM crm_pipelines p
JOIN crm_pipeline_stages s ON s.pipeline_id = p.id
CROSS JOIN params
LEFT JOIN cells c ON c.tenant_id = p.tenant_id AND c.stage_id = s.id
