-- Question: which job keeps which table? How old are deals at this moment? What do figures of whole seconds say?
-- Grain:    a job and share of its tenants, key (pipeline, writer); a stage and currency. Writer: the KPI job alone. Readers: the job itself, doctor, Metabase.

ALTER TABLE crm_kpi.crm_kpi_progress ADD COLUMN tables text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.tables IS 'The KPI tables that the job keeps. No other job may keep one of them.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.definition_version IS 'Stands for the versions of the KPIs and the kpi.* settings. What another version derives otherwise a job derives anew from its saved state.';

COMMENT ON COLUMN crm_kpi.crm_kpi_status.kpi_time IS 'KPI time as far as the status tells, each second or at rest every five: all that was committed in the CRM until then is in the tables. crm_kpi.kpi_time() is newer.';

-- Ages grow with time alone: rows are published again every kpi.refresh-interval, and the view tells them as of KPI time.
ALTER TABLE crm_kpi.crm_pipeline_velocity
  ADD COLUMN open_created_seconds_sum numeric NOT NULL DEFAULT 0, ADD COLUMN entered_seconds_sum numeric NOT NULL DEFAULT 0;
UPDATE crm_kpi.crm_pipeline_velocity
SET open_created_seconds_sum = open_deal_count * (extract(epoch FROM as_of) - coalesce(avg_open_age_days, 0) * 86400),
    entered_seconds_sum = open_deal_count * (extract(epoch FROM as_of) - coalesce(avg_days_in_stage, 0) * 86400);
ALTER TABLE crm_kpi.crm_pipeline_velocity
  ALTER COLUMN open_created_seconds_sum DROP DEFAULT, ALTER COLUMN entered_seconds_sum DROP DEFAULT;
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.open_created_seconds_sum IS 'Sum of created_at over open deals, in seconds since 1970.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.entered_seconds_sum IS 'Sum of the instants at which open deals entered this stage, in seconds since 1970.';

CREATE VIEW crm_kpi.crm_stage_ages AS
SELECT v.tenant_id, v.pipeline_id, v.stage_id, v.currency, v.deal_count, v.open_deal_count,
       round((extract(epoch FROM t.n) - v.created_seconds_sum / nullif(v.deal_count, 0)) / 86400, 6) AS avg_age_days,
       round((extract(epoch FROM t.n) - v.open_created_seconds_sum / nullif(v.open_deal_count, 0)) / 86400, 6) AS avg_open_age_days,
       round((extract(epoch FROM t.n) - v.entered_seconds_sum / nullif(v.open_deal_count, 0)) / 86400, 6) AS avg_days_in_stage,
       t.n AS as_of
FROM crm_kpi.crm_pipeline_velocity v
JOIN (SELECT tenant_id, crm_kpi.kpi_time(tenant_id) AS n FROM crm_kpi.crm_tenants) t USING (tenant_id);
COMMENT ON VIEW crm_kpi.crm_stage_ages IS 'How old the deals of each stage are, as of KPI time: what crm_pipeline_velocity says as of its rows.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.tenant_id IS 'The tenant whose deals they are.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.stage_id IS 'crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.currency IS 'Currency of the deals.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.deal_count IS 'Deals in this stage, whatever their status.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.open_deal_count IS 'Of those, the deals that are neither won nor lost.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.avg_age_days IS 'Mean of (as_of - created_at) over those deals, in days; empty without deals.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.avg_open_age_days IS 'The same over open deals; empty without open deals.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.avg_days_in_stage IS 'Mean of (as_of - entered this stage) over open deals, in days; empty without open deals.';
COMMENT ON COLUMN crm_kpi.crm_stage_ages.as_of IS 'KPI time of the tenant.';

-- Counted by whole seconds, so that a day's runs take no more room than it has seconds.
COMMENT ON COLUMN crm_kpi.crm_automation_sla.p95_completion_minutes IS 'The completion time, in whole seconds, that 95 % of the runs do not exceed (nearest rank), in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.max_completion_minutes IS 'The longest completion time, in whole seconds, in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.last_ended_at IS 'The second of the latest completed_at; empty without any.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.last_ended_at IS 'The second of the latest completed_at; empty when no run has one.';
