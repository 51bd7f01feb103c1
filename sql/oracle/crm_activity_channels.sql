-- Question: how are customers reached? The definition of crm_activity_channels.
-- Grain:    a type of activity. Key: (tenant_id, activity_type).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (SELECT :as_of::timestamptz AS n, kpi_window FROM oracle.settings)
SELECT tenant_id, oracle.of_key(activity_type) AS activity_type,
       count(*) FILTER (WHERE occurred_at <= n AND n < occurred_at + kpi_window) AS activities_30d,
       count(*) AS activities_total,
       count(DISTINCT deal_id) FILTER (WHERE occurred_at <= n AND n < occurred_at + kpi_window) AS deals_touched_30d,
       max(occurred_at) FILTER (WHERE occurred_at <= n) AS last_activity_at
FROM crm_activities CROSS JOIN params GROUP BY tenant_id, oracle.of_key(activity_type)
