-- Question: what must the CRM's owner set up, once, so that the job may read the change log?
-- Grain:    one heartbeat row; one publication; one role.
-- Writer:   the CRM's owner runs this; the job writes the heartbeat. Readers: Flink CDC.
-- Before:   wal_level = logical. PostgreSQL 15 or newer.
-- The role has no password here: give it one with \password crm_kpi_cdc, or by a certificate.

CREATE TABLE crm_kpi_heartbeat (
  id      integer PRIMARY KEY CHECK (id = 1),
  beat_at timestamptz NOT NULL
);
COMMENT ON TABLE crm_kpi_heartbeat IS 'Written by the KPI job once a second: its clock, and what keeps its replication slot moving.';

CREATE PUBLICATION crm_kpi FOR TABLE
  crm_leads, crm_pipelines, crm_pipeline_stages, crm_deals, crm_activities, crm_automation_runs,
  crm_acquisition_metrics, crm_kpi_heartbeat;

CREATE ROLE crm_kpi_cdc LOGIN REPLICATION;
GRANT USAGE ON SCHEMA public TO crm_kpi_cdc;
GRANT SELECT ON
  crm_leads, crm_pipelines, crm_pipeline_stages, crm_deals, crm_activities, crm_automation_runs,
  crm_acquisition_metrics, crm_kpi_heartbeat
TO crm_kpi_cdc;
GRANT INSERT, UPDATE ON crm_kpi_heartbeat TO crm_kpi_cdc;
