-- Question: what did each source bring, from visits to deals that were won, by day? The definition of crm_source_performance_daily.
-- Grain:    a source and a currency that occurs in it, and a day. Key: (tenant_id, source_key, currency, day).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT (n AT TIME ZONE time_zone)::date AS today, 30 AS window_days, 'EUR' AS default_currency, time_zone
  FROM (SELECT :as_of::timestamptz AS n, 'Europe/Amsterdam' AS time_zone) given
),
brought AS (
  SELECT tenant_id, coalesce(nullif(trim(source), ''), 'Direct/Other') AS label, 1 AS rank, 'lead_source' AS dimension_type,
         default_currency AS currency, (created_at AT TIME ZONE time_zone)::date AS day, 'lead' AS what,
         0 AS value, false AS won, 0 AS sessions, 0 AS ga_conversions, 0 AS gtm_conversions, 0 AS ga_revenue, 0 AS gtm_revenue
  FROM crm_leads CROSS JOIN params
  UNION ALL
  SELECT d.tenant_id, coalesce(nullif(trim(l.source), ''), 'Pipeline'), CASE WHEN trim(l.source) <> '' THEN 1 ELSE 4 END,
         CASE WHEN trim(l.source) <> '' THEN 'lead_source' ELSE 'internal' END,
         d.currency, (d.created_at AT TIME ZONE time_zone)::date, 'deal',
         d.value, oracle.outcome(d.status) = 'won', 0, 0, 0, 0, 0
  FROM crm_deals d LEFT JOIN crm_leads l ON l.id = d.lead_id CROSS JOIN params
  UNION ALL
  SELECT tenant_id, coalesce(nullif(trim(source), ''), nullif(trim(channel), ''), 'GA/Other'),
         CASE WHEN trim(source) <> '' THEN 2 ELSE 3 END, CASE WHEN trim(source) <> '' THEN 'ga_source' ELSE 'ga_channel' END,
         default_currency, captured_date, 'figures',
         0, false, sessions, ga_conversions, gtm_conversions, ga_conversion_value, gtm_conversion_value
  FROM crm_acquisition_metrics CROSS JOIN params
  WHERE captured_date <= today AND captured_date > today - window_days
),
names AS (
  SELECT DISTINCT ON (tenant_id, lower(label), day) tenant_id, lower(label) AS source_key, day, label, dimension_type
  FROM brought ORDER BY tenant_id, lower(label), day, rank, label COLLATE "C"
),
sums AS (
  SELECT tenant_id, lower(label) AS source_key, currency, day, 
         count(*) FILTER (WHERE what = 'lead') AS lead_count,
         count(*) FILTER (WHERE what = 'deal') AS deal_count,
         count(*) FILTER (WHERE won) AS won_deal_count,
         sum(value) AS pipeline_value,
         coalesce(sum(value) FILTER (WHERE won), 0) AS won_value,
         sum(sessions) AS sessions, sum(ga_conversions) AS ga_conversions, sum(gtm_conversions) AS gtm_conversions,
         sum(ga_revenue) AS ga_revenue, sum(gtm_revenue) AS gtm_revenue
  FROM brought GROUP BY tenant_id, lower(label), currency, day
)
SELECT * FROM sums JOIN names USING (tenant_id, source_key, day)
