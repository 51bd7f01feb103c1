-- Question: what do the CRM's rows say, once their values mean something?
-- Grain:    a row of the CRM. Writer: none. Readers: the oracle queries in this folder.
-- For test and demo databases only. Run it after words.sql; it may be run again, as after a change of a CRM table.

DROP VIEW IF EXISTS oracle.deals, oracle.runs, oracle.open_tasks, oracle.deal_leads, oracle.figures, oracle.brought;

CREATE VIEW oracle.deals AS
SELECT id, tenant_id, lead_id, pipeline_id, stage_id, title, value, oracle.currency(currency) AS currency, expected_close,
       CASE WHEN probability BETWEEN 0 AND 100 THEN probability ELSE 0 END AS probability,
       oracle.outcome(status) AS outcome, created_at, updated_at
FROM crm_deals;

CREATE VIEW oracle.runs AS
SELECT id, tenant_id, deal_id, oracle.of_key(workflow_id) AS workflow_id, oracle.run_status(status) AS status, created_at,
       oracle.near(completed_at) AS completed_at, oracle.sla(oracle.of_key(workflow_id)) AS sla
FROM crm_automation_runs;

-- The lead of a deal, when it is of the deal's tenant.
CREATE VIEW oracle.deal_leads AS
SELECT d.id AS deal_id, l.id AS lead_id, oracle.source(l.source) AS source
FROM crm_deals d JOIN crm_leads l ON l.id = d.lead_id AND l.tenant_id = d.tenant_id;

-- Tasks that are to be done still: where crm_activities has the columns due_at and status.
CREATE VIEW oracle.open_tasks AS
SELECT id, tenant_id, deal_id, oracle.near((to_jsonb(a) ->> 'due_at')::timestamptz) AS due_at
FROM crm_activities a
WHERE oracle.fold(activity_type) = 'task' AND oracle.near((to_jsonb(a) ->> 'due_at')::timestamptz) IS NOT NULL
  AND oracle.fold(coalesce(to_jsonb(a) ->> 'status', '')) NOT IN ('done', 'completed', 'closed', 'cancelled', 'canceled');

-- Figures that nobody has filled in are 0.
CREATE VIEW oracle.figures AS
SELECT id, tenant_id, oracle.source(channel) AS channel, oracle.source(source) AS source, captured_date,
       coalesce(sessions, 0) AS sessions, coalesce(new_users, 0) AS new_users, coalesce(engaged_sessions, 0) AS engaged_sessions,
       coalesce(ga_conversions, 0) AS ga_conversions, coalesce(ga_conversion_value, 0) AS ga_conversion_value,
       coalesce(gtm_conversions, 0) AS gtm_conversions, coalesce(gtm_conversion_value, 0) AS gtm_conversion_value,
       ga_property_id, gtm_container_id
FROM crm_acquisition_metrics;

-- What each source brought: a row per lead, per deal and per day's figures of a channel.
CREATE VIEW oracle.brought AS
WITH rows AS (
  SELECT tenant_id, oracle.source(source) AS name, 'Direct/Other' AS nameless, 'direct/other' AS nameless_key, 1 AS rank,
         'lead_source' AS dimension_type, default_currency AS currency, (created_at AT TIME ZONE time_zone)::date AS day, 'lead' AS what,
         0 AS value, false AS won, 0 AS sessions, 0 AS ga_conversions, 0 AS gtm_conversions, 0::numeric AS ga_revenue,
         0::numeric AS gtm_revenue
  FROM crm_leads CROSS JOIN oracle.settings
  UNION ALL
  SELECT d.tenant_id, l.source, 'Pipeline', 'pipeline', CASE WHEN l.source IS NULL THEN 4 ELSE 1 END,
         CASE WHEN l.source IS NULL THEN 'internal' ELSE 'lead_source' END, d.currency,
         (d.created_at AT TIME ZONE time_zone)::date, 'deal', d.value, d.outcome = 'won', 0, 0, 0, 0, 0
  FROM oracle.deals d CROSS JOIN oracle.settings LEFT JOIN oracle.deal_leads l ON l.deal_id = d.id
  UNION ALL
  SELECT tenant_id, coalesce(source, channel), 'GA Other', 'ga/other', CASE WHEN source IS NULL THEN 3 ELSE 2 END,
         CASE WHEN source IS NULL THEN 'ga_channel' ELSE 'ga_source' END, default_currency, captured_date, 'figures', 0, false,
         sessions, ga_conversions, gtm_conversions, ga_conversion_value, gtm_conversion_value
  FROM oracle.figures CROSS JOIN oracle.settings
)
SELECT rows.*, coalesce(oracle.fold(name), nameless_key) AS source_key, coalesce(name, nameless) AS label FROM rows;
