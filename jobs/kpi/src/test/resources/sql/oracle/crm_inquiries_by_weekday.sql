-- Question: on which day of the week do customers ask, and how often does a deal come of it? The definition of crm_inquiries_by_weekday.
-- Grain:    a tenant and day of the week. Key: (tenant_id, weekday).
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (SELECT :as_of::timestamptz AS n, interval '720 hours' AS kpi_window)
SELECT tenant_id, extract(isodow FROM created_at AT TIME ZONE 'Europe/Amsterdam')::int AS weekday, count(*) AS inquiries_30d,
       round(count(*) FILTER (WHERE EXISTS (SELECT FROM oracle.deal_leads d WHERE d.lead_id = l.id))::numeric / count(*), 6) AS conversion_rate_30d
FROM crm_leads l CROSS JOIN params
WHERE created_at <= n AND n < created_at + kpi_window
GROUP BY tenant_id, weekday
