-- Question: what did each source bring, from visits to deals that were won? The definition of crm_source_performance.
-- Grain:    a source and a currency that occurs in it. Key: (tenant_id, source_key, currency).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH brought AS (
  SELECT b.* FROM oracle.brought b
  CROSS JOIN (SELECT (:as_of::timestamptz AT TIME ZONE time_zone)::date AS today, window_days FROM oracle.settings) params
  WHERE what <> 'figures' OR (day <= today AND day > today - window_days)
),
names AS (
  SELECT DISTINCT ON (tenant_id, source_key) tenant_id, source_key, dimension_type, label
  FROM brought ORDER BY tenant_id, source_key, rank, label COLLATE "C"
),
sums AS (
  SELECT tenant_id, source_key, currency,
         count(*) FILTER (WHERE what = 'lead') AS lead_count,
         count(*) FILTER (WHERE what = 'deal') AS deal_count,
         count(*) FILTER (WHERE won) AS won_deal_count,
         sum(value) AS pipeline_value,
         coalesce(sum(value) FILTER (WHERE won), 0) AS won_value,
         sum(sessions) AS sessions, sum(ga_conversions) AS ga_conversions, sum(gtm_conversions) AS gtm_conversions,
         sum(ga_revenue) AS ga_revenue, sum(gtm_revenue) AS gtm_revenue
  FROM brought GROUP BY tenant_id, source_key, currency
)
SELECT * FROM sums JOIN names USING (tenant_id, source_key)
