-- Question: which job keeps which table? A table has one that writes it, and tables that a job no longer keeps are emptied.
-- Grain:    a job and share of its tenants. Key: (pipeline, writer). Writer: the KPI job alone. Readers: the job itself, doctor.

ALTER TABLE crm_kpi.crm_kpi_progress ADD COLUMN tables text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.tables IS 'The KPI tables that the job keeps. No other job may keep one of them.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.definition_version IS 'Stands for the versions of the KPIs and the kpi.* settings. What another version derives otherwise a job derives anew from its saved state.';

-- Counted by whole seconds, so that a day's runs take no more room than it has seconds.
COMMENT ON COLUMN crm_kpi.crm_automation_sla.p95_completion_minutes IS 'The completion time, in whole seconds, that 95 % of the runs do not exceed (nearest rank), in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.max_completion_minutes IS 'The longest completion time, in whole seconds, in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.last_ended_at IS 'The second of the latest completed_at; empty without any.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.last_ended_at IS 'The second of the latest completed_at; empty when no run has one.';
