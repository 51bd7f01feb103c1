-- Question: what do lists show of each deal? The definition of crm_kpi.crm_deals.
-- Grain:    a deal. Key: (tenant_id, deal_id).
-- Writer:   none, a batch query over the CRM; :as_of does not matter. Readers: tests, demo --verify.
SELECT tenant_id, id AS deal_id, title, pipeline_id, stage_id, value, currency
FROM oracle.deals
WHERE :as_of::timestamptz IS NOT NULL
