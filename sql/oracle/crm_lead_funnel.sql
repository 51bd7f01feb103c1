-- Question: how many leads became deals, and how many of these were won? The definition of crm_lead_funnel.
-- Grain:    a tenant with leads or deals. Key: tenant_id.
-- Writer:   none, a batch query over the CRM with one parameter, :as_of. Readers: tests, demo --verify.
WITH params AS (SELECT :as_of::timestamptz AS n, kpi_window FROM oracle.settings),
leads AS (
  SELECT tenant_id, count(*) AS total_leads,
         count(*) FILTER (WHERE created_at <= n AND n < created_at + kpi_window) AS leads_30d,
         count(*) FILTER (WHERE EXISTS (SELECT FROM oracle.deal_leads d WHERE d.lead_id = l.id)) AS leads_with_deals,
         count(*) FILTER (WHERE EXISTS (SELECT FROM oracle.deal_leads d JOIN oracle.deals o ON o.id = d.deal_id WHERE d.lead_id = l.id AND outcome = 'won')) AS leads_won
  FROM crm_leads l CROSS JOIN params GROUP BY tenant_id
),
deals AS (
  SELECT tenant_id, count(*) AS total_deals, count(*) FILTER (WHERE outcome = 'won') AS won_deals
  FROM oracle.deals GROUP BY tenant_id
)
SELECT tenant_id, coalesce(total_leads, 0) AS total_leads, coalesce(leads_30d, 0) AS leads_30d,
       coalesce(leads_with_deals, 0) AS leads_with_deals, coalesce(leads_won, 0) AS leads_won,
       coalesce(round(leads_with_deals::numeric / total_leads, 6), 0) AS conversion_rate,
       coalesce(total_deals, 0) AS total_deals, coalesce(won_deals, 0) AS won_deals
FROM leads FULL JOIN deals USING (tenant_id)
