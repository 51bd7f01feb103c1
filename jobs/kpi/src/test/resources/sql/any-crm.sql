-- What the reference schema does not allow and another CRM may: missing values, longer texts, tasks.
ALTER TABLE crm_automation_runs ALTER deal_id DROP NOT NULL, ALTER workflow_id TYPE text;
ALTER TABLE crm_deals ALTER probability DROP NOT NULL, ALTER currency TYPE text;
ALTER TABLE crm_leads ALTER source TYPE text;
ALTER TABLE crm_acquisition_metrics ALTER sessions DROP NOT NULL, ALTER ga_conversion_value DROP NOT NULL, ALTER source TYPE text;
ALTER TABLE crm_activities ALTER activity_type TYPE text, ADD due_at timestamptz, ADD status text;
