-- Question: what must the CRM's owner set up, once, so that the job may read the change log, and nothing else?
-- Grain:    one heartbeat row; one publication; one role.
-- Writer:   the CRM's owner runs this; the job writes the heartbeat. Readers: Flink CDC.
-- Before:   wal_level = logical. PostgreSQL 15 or newer. REPLICA IDENTITY DEFAULT on all these tables: with FULL, PostgreSQL
--           refuses the CRM's own updates of a table that is published by column list.
-- The role has no password here: give it one with \password crm_kpi_cdc, or by a certificate.
-- Names, e-mail, phone, external_id, summary, payload and context are in neither list: they never leave the CRM. The titles of
-- deals are for the watchlist: with crm.deal-titles = false in the job, leave title out of both lists. Where activities have
-- tasks, add the columns of crm.task-due-column and crm.task-status-column to both lists of crm_activities.

CREATE TABLE crm_kpi_heartbeat (
  id      integer PRIMARY KEY CHECK (id = 1),
  beat_at timestamptz NOT NULL,
  covered text NOT NULL
);
COMMENT ON TABLE crm_kpi_heartbeat IS 'Written by the KPI job once a second: its clock, and what keeps its replication slot moving.';
COMMENT ON COLUMN crm_kpi_heartbeat.covered IS 'Every table.column that the publication covered at that moment: when one falls out, the job must not go on.';

CREATE PUBLICATION crm_kpi FOR TABLE
  crm_leads (id, tenant_id, source, created_at),
  crm_pipelines (id, tenant_id, name),
  crm_pipeline_stages (id, pipeline_id, name, "order"),
  crm_deals (id, tenant_id, lead_id, pipeline_id, stage_id, title, value, currency, expected_close, probability, status,
             created_at, updated_at),
  crm_activities (id, tenant_id, deal_id, activity_type, occurred_at),
  crm_automation_runs (id, tenant_id, deal_id, workflow_id, status, created_at, completed_at),
  crm_acquisition_metrics (id, tenant_id, channel, source, captured_date, sessions, new_users, engaged_sessions,
                           ga_conversions, ga_conversion_value, gtm_conversions, gtm_conversion_value, ga_property_id,
                           gtm_container_id),
  crm_kpi_heartbeat (id, beat_at, covered);

CREATE ROLE crm_kpi_cdc LOGIN REPLICATION;
GRANT USAGE ON SCHEMA public TO crm_kpi_cdc;
GRANT SELECT (id, tenant_id, source, created_at) ON crm_leads TO crm_kpi_cdc;
GRANT SELECT (id, tenant_id, name) ON crm_pipelines TO crm_kpi_cdc;
GRANT SELECT (id, pipeline_id, name, "order") ON crm_pipeline_stages TO crm_kpi_cdc;
GRANT SELECT (id, tenant_id, lead_id, pipeline_id, stage_id, title, value, currency, expected_close, probability, status,
              created_at, updated_at) ON crm_deals TO crm_kpi_cdc;
GRANT SELECT (id, tenant_id, deal_id, activity_type, occurred_at) ON crm_activities TO crm_kpi_cdc;
GRANT SELECT (id, tenant_id, deal_id, workflow_id, status, created_at, completed_at) ON crm_automation_runs TO crm_kpi_cdc;
GRANT SELECT (id, tenant_id, channel, source, captured_date, sessions, new_users, engaged_sessions, ga_conversions,
              ga_conversion_value, gtm_conversions, gtm_conversion_value, ga_property_id, gtm_container_id)
  ON crm_acquisition_metrics TO crm_kpi_cdc;
GRANT SELECT, INSERT, UPDATE ON crm_kpi_heartbeat TO crm_kpi_cdc;
