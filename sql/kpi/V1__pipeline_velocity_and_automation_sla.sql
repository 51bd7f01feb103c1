-- Question: how do deals move through each stage, and do automations keep their SLA?
-- Grain:    a stage and currency; a workflow and day; a refused change event; the job.
-- Key:      see each table. Writer: the KPI job alone. Readers: Metabase, the alert exporter, the CRM's dashboard.

CREATE SCHEMA IF NOT EXISTS crm_kpi;
COMMENT ON SCHEMA crm_kpi IS 'KPI tables kept current by CRM KPI Streams. The job alone writes here.';

CREATE TABLE crm_kpi.crm_pipeline_velocity (
  tenant_id            text NOT NULL,
  pipeline_id          bigint NOT NULL,
  stage_id             bigint NOT NULL,
  currency             text NOT NULL,
  pipeline_name        text NOT NULL,
  stage_name           text NOT NULL,
  stage_order          integer NOT NULL,
  deal_count           bigint NOT NULL,
  total_value          numeric NOT NULL,
  weighted_value       numeric NOT NULL,
  avg_age_days         numeric,
  open_deal_count      bigint NOT NULL,
  open_value           numeric NOT NULL,
  open_weighted_value  numeric NOT NULL,
  avg_open_age_days    numeric,
  avg_days_in_stage    numeric,
  stale_deal_count     bigint NOT NULL,
  throughput_count_30d bigint NOT NULL,
  avg_throughput_days  numeric,
  won_deals_30d        bigint NOT NULL,
  won_value_30d        numeric NOT NULL,
  lost_deals_30d       bigint NOT NULL,
  as_of                timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, pipeline_id, stage_id, currency)
);
COMMENT ON TABLE crm_kpi.crm_pipeline_velocity IS 'Deals of each pipeline stage and currency: how many, what they are worth, how old they are, how fast they move. A stage without deals has one row of zeros.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.tenant_id IS 'The tenant whose pipeline it is.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.stage_id IS 'crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.pipeline_name IS 'The pipeline''s name now.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.stage_name IS 'The stage''s name now.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.stage_order IS 'Position of the stage on the board.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.deal_count IS 'Deals now in the stage, whatever their status.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.total_value IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.weighted_value IS 'Sum of value x probability / 100.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.avg_age_days IS 'Mean of (as_of - created_at) over those deals, in days; empty without deals.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.open_deal_count IS 'Of those, the deals that are neither won nor lost.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.open_value IS 'Sum of the values of open deals.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.open_weighted_value IS 'Sum of value x probability / 100 of open deals.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.avg_open_age_days IS 'Mean of (as_of - created_at) over open deals, in days; empty without open deals.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.avg_days_in_stage IS 'Mean of (as_of - entered this stage) over open deals, in days; empty without open deals.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.stale_deal_count IS 'Open deals in this stage for more than 14 days.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.throughput_count_30d IS 'Visits to this stage that ended in the last 30 days: the deal moved on, was won or was lost.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.avg_throughput_days IS 'Mean length of those visits, in days; empty without any.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.won_deals_30d IS 'Deals in this stage that were won in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.won_value_30d IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.lost_deals_30d IS 'Deals in this stage that were lost in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_automation_sla (
  tenant_id              text NOT NULL,
  workflow_id            text NOT NULL,
  run_date               date NOT NULL,
  run_count              bigint NOT NULL,
  completed_runs         bigint NOT NULL,
  failed_runs            bigint NOT NULL,
  open_runs              bigint NOT NULL,
  late_runs              bigint NOT NULL,
  overdue_runs           bigint NOT NULL,
  sla_breaches           bigint NOT NULL,
  avg_completion_minutes numeric,
  p95_completion_minutes numeric,
  max_completion_minutes numeric,
  failure_rate           numeric NOT NULL,
  breach_rate            numeric NOT NULL,
  sla_minutes            numeric NOT NULL,
  as_of                  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, workflow_id, run_date)
);
CREATE INDEX ON crm_kpi.crm_automation_sla (run_date);
COMMENT ON TABLE crm_kpi.crm_automation_sla IS 'Automation runs of each workflow and day: how many, how long they took, which failed and which broke the SLA.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.tenant_id IS 'The tenant whose run it is.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.workflow_id IS 'The workflow, by the CRM''s own id.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.run_date IS 'Day on which the runs were created, in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.run_count IS 'All runs of that day.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.completed_runs IS 'Runs that ended without failing, cancelled ones included.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.failed_runs IS 'Runs that failed.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.open_runs IS 'Runs that have not ended.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.late_runs IS 'Runs that took longer than the SLA.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.overdue_runs IS 'Runs that have not ended although the SLA has passed.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.sla_breaches IS 'late_runs + overdue_runs.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.avg_completion_minutes IS 'Mean of (completed_at - created_at), in minutes; empty without a completed_at.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.p95_completion_minutes IS 'The completion time that 95 % of the runs do not exceed, in minutes (nearest rank).';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.max_completion_minutes IS 'The longest completion time, in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.failure_rate IS 'failed_runs / run_count, 0 to 1.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.breach_rate IS 'sla_breaches / run_count, 0 to 1.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.sla_minutes IS 'The limit that was used, in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_kpi_status (
  pipeline           text PRIMARY KEY,
  phase              text NOT NULL CHECK (phase IN ('snapshot', 'catching_up', 'live')),
  kpi_time           timestamptz,
  source_position    pg_lsn,
  source_lag_seconds double precision,
  snapshot_progress  double precision,
  rows_read          bigint NOT NULL,
  dead_letters       bigint NOT NULL,
  job_version        text NOT NULL,
  definition_version text NOT NULL,
  updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE crm_kpi.crm_kpi_status IS 'How far the job has come. A row that is not updated for more than a few seconds belongs to a job that does not run.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.pipeline IS 'The job, by kpi.pipeline-name.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.phase IS 'snapshot: reading the rows that were there. catching_up: reading the log, more than 5 seconds behind. live: the tables follow the CRM.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.kpi_time IS 'KPI time: all that was committed in the CRM until then is in the tables, or being written. Empty before the first snapshot is complete.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.source_position IS 'The furthest position in the CRM''s log that was read; empty in the snapshot.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.source_lag_seconds IS 'Age of the newest commit that was read, in seconds; empty in the snapshot.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.snapshot_progress IS 'Share of the snapshot that was read, 0 to 1, by the CRM''s own estimate of its size; empty when that is not known.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.rows_read IS 'Rows of the snapshot and changes since, heartbeats not counted.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.dead_letters IS 'How many of them could not be read, see crm_kpi_dead_letters.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.job_version IS 'Version of the application.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.definition_version IS 'Stands for the kpi.* settings: state of another version cannot be continued.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.updated_at IS 'When this row was written, by the clock of this database.';

CREATE TABLE crm_kpi.crm_kpi_dead_letters (
  id             text PRIMARY KEY,
  received_at    timestamptz NOT NULL DEFAULT now(),
  source         text NOT NULL,
  position       bigint NOT NULL,
  reason         text NOT NULL CHECK (reason IN ('missing_value', 'unreadable_value')),
  message        text NOT NULL,
  payload        jsonb NOT NULL,
  payload_sha256 text NOT NULL,
  replayed_at    timestamptz
);
CREATE INDEX ON crm_kpi.crm_kpi_dead_letters (received_at);
COMMENT ON TABLE crm_kpi.crm_kpi_dead_letters IS 'Change events that could not be read, and why. The KPIs keep the row''s last readable version.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.id IS 'The same for the same event, however often it is read.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.received_at IS 'When it was first refused.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.source IS 'Table of the CRM.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.position IS 'LSN in the CRM''s log as a number; 0 in the snapshot.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.reason IS 'missing_value: a needed column is NULL or was not sent. unreadable_value: not of the column''s type, or out of range.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.message IS 'Names the column, its value, what was expected and the remedy.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.payload IS 'The row''s columns, personal data removed.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.payload_sha256 IS 'Of the payload, in hexadecimal.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.replayed_at IS 'When somebody replayed the event; empty until then.';
