-- Question: what does each pipeline sell, how often does it win, and how fast does it earn? The definition of crm_sales_velocity.
-- Grain:    a pipeline and a currency that occurs in it. Key: (tenant_id, pipeline_id, currency).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT *, (n AT TIME ZONE time_zone)::date AS today
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
),
deals AS (
  SELECT d.tenant_id, d.pipeline_id, d.currency, d.value, d.value * d.probability / 100 AS weighted,
         d.outcome,
         extract(epoch FROM oracle.duration(d.created_at, c.closed_at)) AS cycle,
         c.closed_at <= n AND n < c.closed_at + kpi_window AS closed_in_window,
         d.expected_close BETWEEN today AND today + window_days AS expected
  FROM oracle.deals d CROSS JOIN params LEFT JOIN oracle.deal_closings c ON c.deal_id = d.id
),
sums AS (
  SELECT tenant_id, pipeline_id, currency,
         count(*) AS total_deals, sum(value) AS total_value, sum(weighted) AS weighted_value,
         count(*) FILTER (WHERE outcome = 'open') AS open_deals,
         sum(value) FILTER (WHERE outcome = 'open') AS open_value,
         sum(weighted) FILTER (WHERE outcome = 'open') AS open_weighted,
         count(*) FILTER (WHERE outcome <> 'open') AS closed,
         sum(cycle) FILTER (WHERE outcome <> 'open') AS cycle,
         count(*) FILTER (WHERE outcome = 'won' AND closed_in_window) AS won,
         sum(value) FILTER (WHERE outcome = 'won' AND closed_in_window) AS won_value,
         sum(cycle) FILTER (WHERE outcome = 'won' AND closed_in_window) AS won_cycle,
         count(*) FILTER (WHERE outcome = 'lost' AND closed_in_window) AS lost,
         sum(weighted) FILTER (WHERE expected) AS forecast
  FROM deals GROUP BY tenant_id, pipeline_id, currency
)
SELECT p.tenant_id, p.id AS pipeline_id, coalesce(s.currency, default_currency) AS currency, p.name AS pipeline_name,
       coalesce(total_deals, 0) AS total_deals,
       coalesce(open_deals, 0) AS open_deals,
       coalesce(open_value, 0) AS open_value,
       coalesce(open_weighted, 0) AS open_weighted_value,
       coalesce(total_value, 0) AS total_pipeline_value,
       coalesce(weighted_value, 0) AS weighted_pipeline_value,
       coalesce(won, 0) AS won_deals_30d,
       coalesce(won_value, 0) AS won_value_30d,
       coalesce(lost, 0) AS lost_deals_30d,
       coalesce(round(won::numeric / nullif(won + lost, 0), 6), 0) AS win_rate_30d,
       round(total_value / nullif(total_deals, 0), 6) AS avg_deal_value,
       round(won_value / nullif(won, 0), 6) AS avg_won_deal_value_30d,
       round(cycle / (nullif(closed, 0) * 86400), 6) AS avg_deal_cycle_days,
       round(won_cycle / (nullif(won, 0) * 86400), 6) AS avg_won_cycle_days_30d,
       coalesce(forecast, 0) AS forecast_next_30d,
       round(coalesce(won_value, 0) / window_days, 6) AS won_value_per_day_30d,
       -- With many decimals: PostgreSQL rounds a quotient to some 16 digits, and rounding twice is not rounding once.
       round(won_value * open_deals * won * 86400::numeric(25, 20) / nullif((won + lost) * won_cycle, 0), 6) AS sales_velocity_per_day
FROM crm_pipelines p
CROSS JOIN params
LEFT JOIN sums s ON s.tenant_id = p.tenant_id AND s.pipeline_id = p.id
