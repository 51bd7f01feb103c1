-- Question: what did the websites bring in the last 30 days? The definition of crm_acquisition.
-- Grain:    a tenant with figures in that time. Key: tenant_id.
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (
  SELECT (n AT TIME ZONE time_zone)::date AS today, window_days
  FROM (SELECT :as_of::timestamptz AS n) given CROSS JOIN oracle.settings
)
SELECT tenant_id,
       sum(sessions) AS sessions, sum(new_users) AS new_users, sum(engaged_sessions) AS engaged_sessions,
       sum(ga_conversions) AS ga_conversions, sum(ga_conversion_value) AS ga_conversion_value,
       sum(gtm_conversions) AS gtm_conversions, sum(gtm_conversion_value) AS gtm_conversion_value,
       coalesce(round(sum(ga_conversions + gtm_conversions)::numeric / nullif(sum(sessions), 0), 6), 0) AS blended_conversion_rate,
       array_remove(ARRAY[CASE WHEN count(ga_property_id) > 0 THEN 'ga4' END,
                          CASE WHEN count(gtm_container_id) > 0 THEN 'gtm' END], NULL) AS active_connectors
FROM oracle.figures CROSS JOIN params
WHERE captured_date <= today AND captured_date > today - window_days
GROUP BY tenant_id
