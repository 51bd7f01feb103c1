-- Question: what is the dashboard of one tenant? The definition of crm_kpi.dashboard.
-- Grain:    one document. Parameters: :as_of, :tenant, :pipeline_id, :stage, :date_from, :lookback_days; the last four may be null.
-- Writer:   none, a batch query over the CRM. Readers: tests.
WITH params AS (
  SELECT *, (n AT TIME ZONE time_zone)::date AS today, coalesce(date_from, '-infinity') AS since,
         coalesce(lookback, 30) AS days, lookback <> 30 AS calendar
  FROM (SELECT :as_of::timestamptz AS n, :tenant::text AS tenant, :pipeline_id::int AS pipeline_filter, :stage::text AS stage_filter,
               :date_from::date AS date_from, :lookback_days::int AS lookback, interval '720 hours' AS kpi_window,
               'Europe/Amsterdam' AS time_zone, 'EUR' AS cur) given
),
stages AS (
  SELECT s.id, s.name, s."order", s.pipeline_id
  FROM crm_pipeline_stages s JOIN crm_pipelines p ON p.id = s.pipeline_id CROSS JOIN params
  WHERE p.tenant_id = tenant AND (pipeline_filter IS NULL OR p.id = pipeline_filter)
    AND (stage_filter IS NULL OR oracle.fold(s.name) = oracle.fold(stage_filter))
),
-- "Lately" is within the window, an instant; another look-back is whole days, today included.
deals AS (
  SELECT d.*, d.value * d.probability / 100 AS weighted,
         CASE WHEN calendar THEN (closed_at AT TIME ZONE time_zone)::date BETWEEN today - days + 1 AND today
              ELSE c.closed_at <= n AND n < c.closed_at + kpi_window END AS lately,
         extract(epoch FROM oracle.duration(d.created_at, c.closed_at)) / 86400 AS cycle,
         extract(epoch FROM n - d.created_at) / 86400 AS age
  FROM oracle.deals d JOIN stages s ON s.id = d.stage_id CROSS JOIN params LEFT JOIN oracle.deal_closings c ON c.deal_id = d.id
  WHERE d.tenant_id = tenant AND (d.created_at AT TIME ZONE time_zone)::date >= since
),
leads AS (
  SELECT l.*,
         CASE WHEN calendar THEN (created_at AT TIME ZONE time_zone)::date BETWEEN today - days + 1 AND today
              ELSE created_at <= n AND n < created_at + kpi_window END AS lately,
         EXISTS (SELECT FROM oracle.deal_leads d WHERE d.lead_id = l.id) AS has_deal
  FROM crm_leads l CROSS JOIN params WHERE tenant_id = tenant AND (created_at AT TIME ZONE time_zone)::date >= since
),
runs AS (
  SELECT r.*, status = 'failed' AS failed, extract(epoch FROM oracle.duration(created_at, completed_at)) / 60 AS minutes,
         coalesce(completed_at - created_at > sla, status = 'open' AND n - created_at > sla) AS breach
  FROM oracle.runs r CROSS JOIN params
  WHERE tenant_id = tenant AND (created_at AT TIME ZONE time_zone)::date >= since
    AND (created_at AT TIME ZONE time_zone)::date > today - 400
),
figures AS (
  SELECT f.* FROM oracle.figures f CROSS JOIN params
  WHERE tenant_id = tenant AND captured_date <= today AND captured_date > today - days AND captured_date >= since
),
connectors AS (
  SELECT to_jsonb(array_remove(ARRAY[CASE WHEN count(ga_property_id) > 0 THEN 'ga4' END,
                                     CASE WHEN count(gtm_container_id) > 0 THEN 'gtm' END], NULL)) AS list FROM figures
),
brought AS (
  SELECT b.*, CASE WHEN currency = cur THEN value ELSE 0 END AS counted
  FROM oracle.brought b CROSS JOIN params
  WHERE tenant_id = tenant AND day >= since AND (what <> 'figures' OR (day <= today AND day > today - days))
),
sources AS (
  SELECT source_key AS key, (array_agg(label ORDER BY rank, label COLLATE "C"))[1] AS label,
         (array_agg(dimension_type ORDER BY rank))[1] AS dimension_type, count(*) FILTER (WHERE what = 'lead') AS lead_count,
         count(*) FILTER (WHERE what = 'deal') AS deal_count, count(*) FILTER (WHERE won) AS won_deal_count,
         round(sum(counted), 2) AS pipeline_value, round(coalesce(sum(counted) FILTER (WHERE won), 0), 2) AS won_value,
         sum(sessions) AS ga_sessions, sum(ga_conversions) AS ga_conversions, sum(gtm_conversions) AS gtm_conversions,
         round(sum(ga_revenue), 2) AS ga_revenue, round(sum(gtm_revenue), 2) AS gtm_revenue
  FROM brought GROUP BY source_key
)
SELECT jsonb_build_object(
  'generated_at', to_char(n AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'currency', cur,
  'other_currencies', (SELECT coalesce(jsonb_agg(DISTINCT currency ORDER BY currency), '[]') FROM deals WHERE currency <> cur),
  'headline', (
    SELECT jsonb_build_object(
      'total_pipeline_value', coalesce(sum(value) FILTER (WHERE currency = cur), 0),
      'weighted_pipeline_value', round(coalesce(sum(weighted) FILTER (WHERE currency = cur), 0), 2),
      'won_value_last_30_days', coalesce(sum(value) FILTER (WHERE currency = cur AND outcome = 'won' AND lately), 0),
      'avg_deal_cycle_days', round(sum(cycle) FILTER (WHERE outcome <> 'open') / nullif(count(*) FILTER (WHERE outcome <> 'open'), 0), 2),
      'automation_failure_rate', (SELECT coalesce(round(count(*) FILTER (WHERE failed)::numeric / nullif(count(*), 0), 4), 0) FROM runs),
      'active_workflows', (SELECT count(DISTINCT workflow_id) FROM runs)) FROM deals),
  'lead_funnel', (
    SELECT jsonb_build_object(
      'total_leads', count(*), 'leads_last_30_days', count(*) FILTER (WHERE lately), 'leads_with_deals', count(*) FILTER (WHERE has_deal),
      'conversion_rate', coalesce(round(count(*) FILTER (WHERE has_deal)::numeric / nullif(count(*), 0), 4), 0)) FROM leads),
  'pipeline', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
      'stage_id', s.id, 'stage_name', s.name, 'deal_count', deal_count, 'total_value', total_value, 'weighted_value', weighted_value,
      'avg_age_days', avg_age_days) ORDER BY s.pipeline_id, s."order", s.id), '[]')
    FROM stages s CROSS JOIN LATERAL (
      SELECT count(*) AS deal_count, coalesce(sum(value) FILTER (WHERE currency = cur), 0) AS total_value,
             round(coalesce(sum(weighted) FILTER (WHERE currency = cur), 0), 2) AS weighted_value,
             round(avg(age), 2) AS avg_age_days
      FROM deals d WHERE d.stage_id = s.id) of_stage),
  'automation', (
    SELECT coalesce(jsonb_agg(to_jsonb(w) ORDER BY workflow_id COLLATE "C"), '[]')
    FROM (SELECT workflow_id, count(*) AS run_count, count(*) FILTER (WHERE failed) AS failed_runs,
                 round(avg(minutes), 2) AS avg_completion_minutes, count(*) FILTER (WHERE breach) AS sla_breaches,
                 round(count(*) FILTER (WHERE failed)::numeric / count(*), 4) AS failure_rate
          FROM runs GROUP BY workflow_id) w),
  'sales', (
    SELECT jsonb_build_object(
      'open_deals', count(*) FILTER (WHERE outcome = 'open'),
      'won_deals_last_30_days', count(*) FILTER (WHERE outcome = 'won' AND lately),
      'lost_deals_last_30_days', count(*) FILTER (WHERE outcome = 'lost' AND lately),
      'total_deals', count(*),
      'bookings_last_30_days', count(*) FILTER (WHERE outcome = 'won' AND lately),
      'win_rate', coalesce(round(count(*) FILTER (WHERE outcome = 'won' AND lately)::numeric
                                 / nullif(count(*) FILTER (WHERE outcome <> 'open' AND lately), 0), 4), 0),
      'avg_deal_value', round(avg(value) FILTER (WHERE currency = cur), 2),
      'forecast_next_30_days', round(coalesce(sum(weighted) FILTER (WHERE currency = cur AND expected_close BETWEEN today AND today + 30), 0), 2),
      'pipeline_velocity_per_day', round(coalesce(sum(value) FILTER (WHERE currency = cur AND outcome = 'won' AND lately), 0) / (SELECT days FROM params), 2))
    FROM deals),
  'acquisition', (
    SELECT jsonb_build_object(
      'lookback_days', (SELECT days FROM params), 'ga_sessions', coalesce(sum(sessions), 0), 'ga_new_users', coalesce(sum(new_users), 0),
      'ga_engaged_sessions', coalesce(sum(engaged_sessions), 0), 'ga_conversions', coalesce(sum(ga_conversions), 0),
      'ga_conversion_value', coalesce(sum(ga_conversion_value), 0), 'gtm_conversions', coalesce(sum(gtm_conversions), 0),
      'gtm_conversion_value', coalesce(sum(gtm_conversion_value), 0),
      'blended_conversion_rate', coalesce(round(sum(ga_conversions + gtm_conversions)::numeric / nullif(sum(sessions), 0), 4), 0),
      'active_connectors', (SELECT list FROM connectors)) FROM figures),
  'source_performance', (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY oracle.fold(label) COLLATE "C", key COLLATE "C"), '[]') FROM sources s),
  'provenance', jsonb_build_object(
    'source', 'live', 'upstream_systems', '["crm"]'::jsonb || (SELECT list FROM connectors),
    'last_refreshed_at', to_char(n AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
FROM params
