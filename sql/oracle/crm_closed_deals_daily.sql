-- Question: how many deals were won and lost on each day that the dashboard can look back to? The definition of crm_closed_deals_daily.
-- Grain:    a day on which a deal of that stage, currency and day of creation was closed.
-- Key:      (tenant_id, pipeline_id, stage_id, currency, closed_day, created_day).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT (n AT TIME ZONE time_zone)::date AS today, time_zone, lookback_days
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
),
deals AS (
  SELECT d.*, (closed_at AT TIME ZONE time_zone)::date AS closed_day, (created_at AT TIME ZONE time_zone)::date AS created_day, today, lookback_days
  FROM oracle.deals d JOIN oracle.deal_closings c ON c.deal_id = d.id CROSS JOIN params WHERE outcome <> 'open'
)
SELECT tenant_id, pipeline_id, stage_id, currency, closed_day, created_day,
       count(*) FILTER (WHERE outcome = 'won') AS won_deals,
       coalesce(sum(value) FILTER (WHERE outcome = 'won'), 0) AS won_value,
       count(*) FILTER (WHERE outcome = 'lost') AS lost_deals
FROM deals WHERE closed_day <= today AND closed_day > today - lookback_days
GROUP BY tenant_id, pipeline_id, stage_id, currency, closed_day, created_day
