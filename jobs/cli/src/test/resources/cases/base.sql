-- Two tenants, three stages, eight deals of the last month with leads, activities, runs and figures.
INSERT INTO crm_pipelines (tenant_id, name) VALUES ('mrdj', 'Events'), ('acme', 'Corporate');
INSERT INTO crm_pipeline_stages (pipeline_id, name, "order") VALUES (1, 'Intake', 1), (1, 'Proposal', 2), (1, 'Closed', 3), (2, 'Intake', 1);
INSERT INTO crm_leads (tenant_id, name, source) SELECT 'mrdj', 'n' || i, (ARRAY['Google', 'google ', NULL, 'referral'])[1 + i % 4] FROM generate_series(1, 8) i;
INSERT INTO crm_deals (tenant_id, lead_id, pipeline_id, stage_id, title, value, probability, status, expected_close, created_at, updated_at)
  SELECT 'mrdj', i, 1, 1 + i % 3, 'Deal ' || i, i * 100.50, i * 10, (ARRAY['open', 'won', 'lost'])[1 + i % 3], current_date + i,
         now() - i * interval '3 day', now() - i * interval '1 day' FROM generate_series(1, 8) i;
INSERT INTO crm_activities (tenant_id, deal_id, activity_type, summary, occurred_at)
  SELECT 'mrdj', i, 'call', 's', now() - i * interval '2 day' FROM generate_series(1, 8) i;
INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at, completed_at)
  SELECT 'mrdj', i, 't', 'welcome', 'completed', now() - i * interval '1 hour', now() - i * interval '1 hour' + interval '5 min' FROM generate_series(1, 8) i;
INSERT INTO crm_acquisition_metrics (tenant_id, channel, source, captured_date, sessions)
  SELECT 'mrdj', 'organic', 'google', current_date - i, 100 FROM generate_series(0, 5) i;
