-- Question: what does each pipeline sell and how fast does it earn; which leads become deals, from which source; what did the websites
--           bring; how are customers reached; what needs a person now; and what are tenants, pipelines and stages called?
-- Grain:    see each table; those that end in _daily have a row per day, for filters by date.
-- Key:      see each table. Writer: the KPI job alone. Readers: Metabase, the alert exporter, the CRM's dashboard.

-- 1. What the rows of all other tables refer to. A row appears with the first that refers to it and stays when the CRM deletes
--    what it names: history goes on referring to it.

CREATE TABLE crm_kpi.crm_tenants (
  tenant_id text NOT NULL,
  PRIMARY KEY (tenant_id)
);
COMMENT ON TABLE crm_kpi.crm_tenants IS 'The tenants of the CRM.';
COMMENT ON COLUMN crm_kpi.crm_tenants.tenant_id IS 'The tenant, by the CRM''s own name.';

CREATE TABLE crm_kpi.crm_pipelines (
  pipeline_id   bigint NOT NULL,
  tenant_id     text NOT NULL,
  pipeline_name text,
  PRIMARY KEY (pipeline_id),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_pipelines IS 'The pipelines of the CRM, also those that it has deleted.';
COMMENT ON COLUMN crm_kpi.crm_pipelines.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_pipelines.tenant_id IS 'The tenant whose pipeline it is.';
COMMENT ON COLUMN crm_kpi.crm_pipelines.pipeline_name IS 'Its name now, or at last; empty for a moment until it is known.';

CREATE TABLE crm_kpi.crm_stages (
  stage_id    bigint NOT NULL,
  pipeline_id bigint NOT NULL,
  tenant_id   text NOT NULL,
  stage_name  text,
  stage_order integer,
  PRIMARY KEY (stage_id),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines
);
COMMENT ON TABLE crm_kpi.crm_stages IS 'The stages of all pipelines, also those that the CRM has deleted.';
COMMENT ON COLUMN crm_kpi.crm_stages.stage_id IS 'crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_stages.pipeline_id IS 'The pipeline that it is a stage of.';
COMMENT ON COLUMN crm_kpi.crm_stages.tenant_id IS 'The tenant whose stage it is.';
COMMENT ON COLUMN crm_kpi.crm_stages.stage_name IS 'Its name now, or at last; empty for a moment until it is known.';
COMMENT ON COLUMN crm_kpi.crm_stages.stage_order IS 'Position on the board.';

-- Rows of different tables are written by different connections, in any order. One at a time makes rows here that are missing, so
-- that none waits for another that waits for it.
CREATE FUNCTION crm_kpi.keep_dimensions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  refers   jsonb := to_jsonb(NEW);
  pipeline bigint := refers ->> 'pipeline_id';
  stage    bigint := refers ->> 'stage_id';
BEGIN
  IF NOT EXISTS (SELECT FROM crm_kpi.crm_tenants t WHERE t.tenant_id = NEW.tenant_id)
     OR pipeline IS NOT NULL AND NOT EXISTS (SELECT FROM crm_kpi.crm_pipelines p WHERE p.pipeline_id = pipeline)
     OR stage IS NOT NULL AND NOT EXISTS (SELECT FROM crm_kpi.crm_stages s WHERE s.stage_id = stage) THEN
    PERFORM pg_advisory_xact_lock(hashtext('crm_kpi.keep_dimensions'));
    INSERT INTO crm_kpi.crm_tenants (tenant_id) VALUES (NEW.tenant_id) ON CONFLICT DO NOTHING;
    IF pipeline IS NOT NULL THEN
      INSERT INTO crm_kpi.crm_pipelines (pipeline_id, tenant_id) VALUES (pipeline, NEW.tenant_id) ON CONFLICT DO NOTHING;
    END IF;
    IF stage IS NOT NULL THEN
      INSERT INTO crm_kpi.crm_stages (stage_id, pipeline_id, tenant_id) VALUES (stage, pipeline, NEW.tenant_id) ON CONFLICT DO NOTHING;
    END IF;
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION crm_kpi.keep_dimensions IS 'Makes the tenant, pipeline and stage that a new row refers to, where they are missing.';

CREATE FUNCTION crm_kpi.name_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE crm_kpi.crm_pipelines SET tenant_id = NEW.tenant_id, pipeline_name = NEW.pipeline_name
  WHERE pipeline_id = NEW.pipeline_id AND (tenant_id, pipeline_name) IS DISTINCT FROM (NEW.tenant_id, NEW.pipeline_name);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION crm_kpi.name_pipeline IS 'Lets crm_pipelines follow the names in crm_sales_velocity.';

CREATE FUNCTION crm_kpi.name_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE crm_kpi.crm_stages
  SET tenant_id = NEW.tenant_id, pipeline_id = NEW.pipeline_id, stage_name = NEW.stage_name, stage_order = NEW.stage_order
  WHERE stage_id = NEW.stage_id
    AND (tenant_id, pipeline_id, stage_name, stage_order)
        IS DISTINCT FROM (NEW.tenant_id, NEW.pipeline_id, NEW.stage_name, NEW.stage_order);
  RETURN NULL;
END $$;
COMMENT ON FUNCTION crm_kpi.name_stage IS 'Lets crm_stages follow the names in crm_pipeline_velocity.';

-- 2. More of the first tables: sums from which figures of several rows together follow exactly.
--    Rows of an earlier version have what is known of them until the job, which has to start anew, writes them again.
INSERT INTO crm_kpi.crm_tenants
SELECT tenant_id FROM crm_kpi.crm_pipeline_velocity UNION SELECT tenant_id FROM crm_kpi.crm_automation_sla;
INSERT INTO crm_kpi.crm_pipelines
SELECT DISTINCT ON (pipeline_id) pipeline_id, tenant_id, pipeline_name FROM crm_kpi.crm_pipeline_velocity;
INSERT INTO crm_kpi.crm_stages
SELECT DISTINCT ON (stage_id) stage_id, pipeline_id, tenant_id, stage_name, stage_order FROM crm_kpi.crm_pipeline_velocity;

ALTER TABLE crm_kpi.crm_pipeline_velocity
  ADD COLUMN created_seconds_sum numeric NOT NULL DEFAULT 0,
  ADD COLUMN closed_deal_count   bigint NOT NULL DEFAULT 0,
  ADD COLUMN cycle_seconds_sum   numeric NOT NULL DEFAULT 0,
  ADD COLUMN forecast_next_30d   numeric NOT NULL DEFAULT 0,
  ADD FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  ADD FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines,
  ADD FOREIGN KEY (stage_id) REFERENCES crm_kpi.crm_stages;
UPDATE crm_kpi.crm_pipeline_velocity
SET created_seconds_sum = deal_count * (extract(epoch FROM as_of) - coalesce(avg_age_days, 0) * 86400);
ALTER TABLE crm_kpi.crm_pipeline_velocity
  ALTER COLUMN created_seconds_sum DROP DEFAULT, ALTER COLUMN closed_deal_count DROP DEFAULT,
  ALTER COLUMN cycle_seconds_sum DROP DEFAULT, ALTER COLUMN forecast_next_30d DROP DEFAULT;
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.created_seconds_sum IS 'Sum of created_at over all deals, in seconds since 1970: their mean age at an instant n is n - created_seconds_sum / deal_count.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.closed_deal_count IS 'Deals that are won or lost.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.cycle_seconds_sum IS 'Sum of (closed - created_at) over them, in seconds.';
COMMENT ON COLUMN crm_kpi.crm_pipeline_velocity.forecast_next_30d IS 'Sum of value x probability / 100 of deals that are expected to close from today until 30 days from now.';

ALTER TABLE crm_kpi.crm_automation_sla
  ADD COLUMN timed_runs             bigint NOT NULL DEFAULT 0,
  ADD COLUMN completion_seconds_sum numeric NOT NULL DEFAULT 0,
  ADD FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants;
UPDATE crm_kpi.crm_automation_sla
SET timed_runs = run_count - open_runs, completion_seconds_sum = round(avg_completion_minutes * 60 * (run_count - open_runs), 6)
WHERE avg_completion_minutes IS NOT NULL;
ALTER TABLE crm_kpi.crm_automation_sla ALTER COLUMN timed_runs DROP DEFAULT, ALTER COLUMN completion_seconds_sum DROP DEFAULT;
COMMENT ON COLUMN crm_kpi.crm_automation_sla.timed_runs IS 'Runs that have a completed_at.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.completion_seconds_sum IS 'Sum of (completed_at - created_at) over them, in seconds.';

ALTER TABLE crm_kpi.crm_kpi_status ADD COLUMN settings jsonb;
COMMENT ON COLUMN crm_kpi.crm_kpi_status.settings IS 'The kpi.* settings by which the tables are made.';

-- 3. More tables.

CREATE TABLE crm_kpi.crm_sales_velocity (
  tenant_id               text NOT NULL,
  pipeline_id             bigint NOT NULL,
  currency                text NOT NULL,
  pipeline_name           text NOT NULL,
  total_deals             bigint NOT NULL,
  open_deals              bigint NOT NULL,
  open_value              numeric NOT NULL,
  open_weighted_value     numeric NOT NULL,
  total_pipeline_value    numeric NOT NULL,
  weighted_pipeline_value numeric NOT NULL,
  won_deals_30d           bigint NOT NULL,
  won_value_30d           numeric NOT NULL,
  lost_deals_30d          bigint NOT NULL,
  win_rate_30d            numeric NOT NULL,
  avg_deal_value          numeric,
  avg_won_deal_value_30d  numeric,
  avg_deal_cycle_days     numeric,
  avg_won_cycle_days_30d  numeric,
  forecast_next_30d       numeric NOT NULL,
  won_value_per_day_30d   numeric NOT NULL,
  sales_velocity_per_day  numeric,
  as_of                   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, pipeline_id, currency),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines
);
COMMENT ON TABLE crm_kpi.crm_sales_velocity IS 'What each pipeline sells, by currency: how much is open, how often it wins, how long that takes, how fast it earns. A pipeline without deals has one row of zeros.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.tenant_id IS 'The tenant whose pipeline it is.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.pipeline_name IS 'The pipeline''s name now.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.total_deals IS 'All deals of the pipeline, whatever their status.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.open_deals IS 'Of those, the deals that are neither won nor lost.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.open_value IS 'Sum of the values of open deals.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.open_weighted_value IS 'Sum of value x probability / 100 of open deals.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.total_pipeline_value IS 'Sum of the values of all deals.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.weighted_pipeline_value IS 'Sum of value x probability / 100 of all deals.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.won_deals_30d IS 'Deals that were won in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.won_value_30d IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.lost_deals_30d IS 'Deals that were lost in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.win_rate_30d IS 'won_deals_30d / (won_deals_30d + lost_deals_30d), 0 to 1; 0 when none was closed.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.avg_deal_value IS 'total_pipeline_value / total_deals; empty without deals.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.avg_won_deal_value_30d IS 'won_value_30d / won_deals_30d; empty when none was won.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.avg_deal_cycle_days IS 'Mean of (closed - created_at) over all deals that are won or lost, of any time, in days; empty without any.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.avg_won_cycle_days_30d IS 'The same over the deals that were won in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.forecast_next_30d IS 'Sum of value x probability / 100 of deals that are expected to close from today until 30 days from now.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.won_value_per_day_30d IS 'won_value_30d / 30.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.sales_velocity_per_day IS 'open_deals x avg_won_deal_value_30d x win_rate_30d / avg_won_cycle_days_30d; empty when none was won.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_deals_daily (
  tenant_id                 text NOT NULL,
  pipeline_id               bigint NOT NULL,
  stage_id                  bigint NOT NULL,
  currency                  text NOT NULL,
  day                       date NOT NULL,
  created_deals             bigint NOT NULL,
  created_value             numeric NOT NULL,
  won_deals                 bigint NOT NULL,
  won_value                 numeric NOT NULL,
  lost_deals                bigint NOT NULL,
  lost_value                numeric NOT NULL,
  created_weighted_value    numeric NOT NULL,
  created_seconds_sum       numeric NOT NULL,
  created_open_deals        bigint NOT NULL,
  created_won_deals_30d     bigint NOT NULL,
  created_won_value_30d     numeric NOT NULL,
  created_lost_deals_30d    bigint NOT NULL,
  created_closed_deals      bigint NOT NULL,
  created_cycle_seconds_sum numeric NOT NULL,
  created_forecast_next_30d numeric NOT NULL,
  as_of                     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, pipeline_id, stage_id, currency, day),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines,
  FOREIGN KEY (stage_id) REFERENCES crm_kpi.crm_stages
);
CREATE INDEX ON crm_kpi.crm_deals_daily (tenant_id, day);
COMMENT ON TABLE crm_kpi.crm_deals_daily IS 'Deals that were created, won and lost on each day, by the stage and currency they are in now. Columns that begin with created_ are about the deals created on the day. Days on which nothing happened have no row.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.tenant_id IS 'The tenant whose deals they are.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.stage_id IS 'The stage the deals are in now: crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.day IS 'Calendar day in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_deals IS 'Deals that were created on that day.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_value IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.won_deals IS 'Deals that were won on that day and still are.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.won_value IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.lost_deals IS 'Deals that were lost on that day and still are.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.lost_value IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_weighted_value IS 'Of the deals created on that day: sum of value x probability / 100.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_seconds_sum IS 'Of the same: sum of created_at, in seconds since 1970.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_open_deals IS 'Of the same: those that are neither won nor lost.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_won_deals_30d IS 'Of the same: those that were won in the last 30 days, whatever the day.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_won_value_30d IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_lost_deals_30d IS 'Of the deals created on that day: those that were lost in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_closed_deals IS 'Of the same: those that are won or lost.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_cycle_seconds_sum IS 'Sum of (closed - created_at) over them, in seconds.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.created_forecast_next_30d IS 'Of the deals created on that day: sum of value x probability / 100 of those that are expected to close from today until 30 days from now.';
COMMENT ON COLUMN crm_kpi.crm_deals_daily.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_deal_stage_history (
  tenant_id   text NOT NULL,
  deal_id     bigint NOT NULL,
  visit       integer NOT NULL,
  pipeline_id bigint NOT NULL,
  stage_id    bigint NOT NULL,
  entered_at  timestamptz NOT NULL,
  left_at     timestamptz,
  closed_at   timestamptz,
  value       numeric NOT NULL,
  currency    text NOT NULL,
  outcome     text CHECK (outcome IN ('moved', 'won', 'lost', 'reopened', 'deleted')),
  as_of       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, deal_id, visit),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines,
  FOREIGN KEY (stage_id) REFERENCES crm_kpi.crm_stages
);
CREATE INDEX ON crm_kpi.crm_deal_stage_history (tenant_id, stage_id, left_at);
COMMENT ON TABLE crm_kpi.crm_deal_stage_history IS 'Every visit of a deal to a stage, kept for good: what the CRM''s own rows do not tell. A job that starts without state reads it back.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.tenant_id IS 'The tenant whose deal it is.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.deal_id IS 'crm_deals.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.visit IS 'Number of the deal''s visits, 1 for the first. Instants would not do as a key: two moves may have the same.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.stage_id IS 'crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.entered_at IS 'When the deal came into the stage; of the first visit that is known: when the deal was last changed before.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.left_at IS 'When the visit ended: the deal moved on, was won, was lost or was deleted; of a deal that was deleted: the KPI time at which the job learnt of it; empty while it goes on, and for a deal that was closed before it came into the stage.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.closed_at IS 'When the deal was won or lost, in the row of the stage it is in now; empty otherwise.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.value IS 'The deal''s value when the visit ended; before that, its value now.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.currency IS 'Currency of the value.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.outcome IS 'moved, won, lost, deleted: how it ended. reopened: it goes on, as the deal was closed and opened again. Empty: it goes on.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_lead_funnel (
  tenant_id        text NOT NULL,
  total_leads      bigint NOT NULL,
  leads_30d        bigint NOT NULL,
  leads_with_deals bigint NOT NULL,
  leads_won        bigint NOT NULL,
  conversion_rate  numeric NOT NULL,
  total_deals      bigint NOT NULL,
  won_deals        bigint NOT NULL,
  as_of            timestamptz NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_lead_funnel IS 'How many leads became deals, and how many of these were won.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.tenant_id IS 'The tenant whose leads they are.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.total_leads IS 'Leads.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.leads_30d IS 'Of those, leads that were created in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.leads_with_deals IS 'Of all, leads with at least one deal.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.leads_won IS 'Of all, leads with a deal that is won.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.conversion_rate IS 'leads_with_deals / total_leads, 0 to 1; 0 without leads.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.total_deals IS 'Deals, with a lead or without.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.won_deals IS 'Of those, deals that are won.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_lead_funnel_daily (
  tenant_id        text NOT NULL,
  day              date NOT NULL,
  total_leads      bigint NOT NULL,
  leads_30d        bigint NOT NULL,
  leads_with_deals bigint NOT NULL,
  leads_won        bigint NOT NULL,
  conversion_rate  numeric NOT NULL,
  total_deals      bigint NOT NULL,
  won_deals        bigint NOT NULL,
  as_of            timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, day),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_lead_funnel_daily IS 'The lead funnel by the day on which a lead, or a deal, was created.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.tenant_id IS 'The tenant whose leads they are.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.day IS 'Calendar day in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.total_leads IS 'Leads that were created on that day.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.leads_30d IS 'Of those, leads that were created in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.leads_with_deals IS 'Of all, leads with at least one deal.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.leads_won IS 'Of all, leads with a deal that is won.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.conversion_rate IS 'leads_with_deals / total_leads, 0 to 1; 0 without leads.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.total_deals IS 'Deals that were created on that day, with a lead or without.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.won_deals IS 'Of those, deals that are won.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_daily.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_acquisition (
  tenant_id               text NOT NULL,
  sessions                bigint NOT NULL,
  new_users               bigint NOT NULL,
  engaged_sessions        bigint NOT NULL,
  ga_conversions          bigint NOT NULL,
  ga_conversion_value     numeric NOT NULL,
  gtm_conversions         bigint NOT NULL,
  gtm_conversion_value    numeric NOT NULL,
  blended_conversion_rate numeric NOT NULL,
  active_connectors       text[] NOT NULL,
  as_of                   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_acquisition IS 'What the websites brought each tenant in the last 30 days, today included. A tenant without figures in that time has no row.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.tenant_id IS 'The tenant whose websites they are.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.sessions IS 'Visits.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.new_users IS 'Visitors who had not been there before.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.engaged_sessions IS 'Visits that lasted, as Google Analytics counts them.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.ga_conversions IS 'Conversions that Google Analytics saw.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.ga_conversion_value IS 'Their value, in the tenant''s default currency.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.gtm_conversions IS 'Conversions that Google Tag Manager saw.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.gtm_conversion_value IS 'Their value, in the tenant''s default currency.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.blended_conversion_rate IS '(ga_conversions + gtm_conversions) / sessions; 0 without sessions.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.active_connectors IS 'Where the figures come from: ga4, gtm.';
COMMENT ON COLUMN crm_kpi.crm_acquisition.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_acquisition_daily (
  tenant_id               text NOT NULL,
  day                     date NOT NULL,
  sessions                bigint NOT NULL,
  new_users               bigint NOT NULL,
  engaged_sessions        bigint NOT NULL,
  ga_conversions          bigint NOT NULL,
  ga_conversion_value     numeric NOT NULL,
  gtm_conversions         bigint NOT NULL,
  gtm_conversion_value    numeric NOT NULL,
  blended_conversion_rate numeric NOT NULL,
  active_connectors       text[] NOT NULL,
  as_of                   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, day),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_acquisition_daily IS 'What the websites brought each tenant on each of the last 30 days, today included.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.tenant_id IS 'The tenant whose websites they are.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.day IS 'Calendar day in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.sessions IS 'Visits.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.new_users IS 'Visitors who had not been there before.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.engaged_sessions IS 'Visits that lasted, as Google Analytics counts them.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.ga_conversions IS 'Conversions that Google Analytics saw.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.ga_conversion_value IS 'Their value, in the tenant''s default currency.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.gtm_conversions IS 'Conversions that Google Tag Manager saw.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.gtm_conversion_value IS 'Their value, in the tenant''s default currency.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.blended_conversion_rate IS '(ga_conversions + gtm_conversions) / sessions; 0 without sessions.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.active_connectors IS 'Where the figures come from: ga4, gtm.';
COMMENT ON COLUMN crm_kpi.crm_acquisition_daily.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_source_performance (
  tenant_id       text NOT NULL,
  source_key      text NOT NULL,
  currency        text NOT NULL,
  label           text NOT NULL,
  dimension_type  text NOT NULL CHECK (dimension_type IN ('lead_source', 'ga_source', 'ga_channel', 'internal')),
  lead_count      bigint NOT NULL,
  deal_count      bigint NOT NULL,
  won_deal_count  bigint NOT NULL,
  pipeline_value  numeric NOT NULL,
  won_value       numeric NOT NULL,
  sessions        bigint NOT NULL,
  ga_conversions  bigint NOT NULL,
  gtm_conversions bigint NOT NULL,
  ga_revenue      numeric NOT NULL,
  gtm_revenue     numeric NOT NULL,
  as_of           timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, source_key, currency),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_source_performance IS 'What each source brought, from visits to deals that were won.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.tenant_id IS 'The tenant whose source it is.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.source_key IS 'The source in lower case, without spaces around it. direct/other: leads without a source. pipeline: deals without a lead, or whose lead has no source. ga/other: figures of websites without source and channel.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.label IS 'The source as somebody wrote it: of several spellings the first in alphabetical order.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.dimension_type IS 'Where the label is from: a lead, a source of the website''s figures, a channel of these, or the CRM itself. Of several, the first.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.lead_count IS 'Leads of the source, in the row of the default currency.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.deal_count IS 'Deals whose lead has that source.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.won_deal_count IS 'Of those, deals that are won.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.pipeline_value IS 'Sum of the values of all these deals.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.won_value IS 'Sum of the values of those that are won.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.sessions IS 'Visits in the last 30 days, in the row of the default currency; so are all figures of websites.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.ga_conversions IS 'Conversions that Google Analytics saw in that time.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.gtm_conversions IS 'Conversions that Google Tag Manager saw in that time.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.ga_revenue IS 'Value of the former.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.gtm_revenue IS 'Value of the latter.';
COMMENT ON COLUMN crm_kpi.crm_source_performance.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_source_performance_daily (
  tenant_id       text NOT NULL,
  source_key      text NOT NULL,
  currency        text NOT NULL,
  day             date NOT NULL,
  label           text NOT NULL,
  dimension_type  text NOT NULL CHECK (dimension_type IN ('lead_source', 'ga_source', 'ga_channel', 'internal')),
  lead_count      bigint NOT NULL,
  deal_count      bigint NOT NULL,
  won_deal_count  bigint NOT NULL,
  pipeline_value  numeric NOT NULL,
  won_value       numeric NOT NULL,
  sessions        bigint NOT NULL,
  ga_conversions  bigint NOT NULL,
  gtm_conversions bigint NOT NULL,
  ga_revenue      numeric NOT NULL,
  gtm_revenue     numeric NOT NULL,
  as_of           timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, source_key, currency, day),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
CREATE INDEX ON crm_kpi.crm_source_performance_daily (tenant_id, day);
COMMENT ON TABLE crm_kpi.crm_source_performance_daily IS 'The same by day: on which leads and deals were created, and figures of websites captured.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.tenant_id IS 'The tenant whose source it is.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.source_key IS 'The source in lower case, without spaces around it. direct/other: leads without a source. pipeline: deals without a lead, or whose lead has no source. ga/other: figures of websites without source and channel.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.day IS 'Calendar day in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.label IS 'The source as somebody wrote it: of several spellings the first in alphabetical order.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.dimension_type IS 'Where the label is from: a lead, a source of the website''s figures, a channel of these, or the CRM itself. Of several, the first.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.lead_count IS 'Leads of the source, in the row of the default currency.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.deal_count IS 'Deals whose lead has that source.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.won_deal_count IS 'Of those, deals that are won.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.pipeline_value IS 'Sum of the values of all these deals.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.won_value IS 'Sum of the values of those that are won.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.sessions IS 'Visits in the last 30 days, in the row of the default currency; so are all figures of websites.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.ga_conversions IS 'Conversions that Google Analytics saw in that time.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.gtm_conversions IS 'Conversions that Google Tag Manager saw in that time.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.ga_revenue IS 'Value of the former.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.gtm_revenue IS 'Value of the latter.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_activity_channels (
  tenant_id         text NOT NULL,
  activity_type     text NOT NULL,
  activities_30d    bigint NOT NULL,
  activities_total  bigint NOT NULL,
  deals_touched_30d bigint NOT NULL,
  last_activity_at  timestamptz,
  as_of             timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, activity_type),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants
);
COMMENT ON TABLE crm_kpi.crm_activity_channels IS 'How customers are reached: calls, e-mails and other activities by type.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.tenant_id IS 'The tenant whose activities they are.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.activity_type IS 'The CRM''s own word.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.activities_30d IS 'Activities that occurred in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.activities_total IS 'All activities, also those that are still to come.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.deals_touched_30d IS 'Deals with at least one such activity in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.last_activity_at IS 'When the last of them occurred; empty when all are still to come.';
COMMENT ON COLUMN crm_kpi.crm_activity_channels.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_watchlist_items (
  tenant_id   text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('idle_deal', 'stale_stage', 'failed_run', 'overdue_run', 'overdue_task')),
  item_id     bigint NOT NULL,
  since       timestamptz NOT NULL,
  deal_id     bigint,
  title       text,
  pipeline_id bigint,
  stage_id    bigint,
  value       numeric,
  currency    text,
  workflow_id text,
  as_of       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, kind, item_id),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines,
  FOREIGN KEY (stage_id) REFERENCES crm_kpi.crm_stages
);
CREATE INDEX ON crm_kpi.crm_watchlist_items (tenant_id, kind, since);
COMMENT ON TABLE crm_kpi.crm_watchlist_items IS 'What needs a person now; see the view crm_operational_watchlist, which adds the names.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.tenant_id IS 'The tenant whose item it is.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.kind IS 'idle_deal: open, and no activity for 7 days. stale_stage: open, and in its stage for more than 14 days. failed_run: a run created in the last 30 days failed. overdue_run: a run has not ended after 10 minutes. overdue_task: a task was not done when it was due.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.item_id IS 'Of the deal, the run or the activity: its id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.since IS 'When the condition began.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.deal_id IS 'The deal it is about; empty for a run without one.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.title IS 'The deal''s title; empty where the CRM does not send titles.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.pipeline_id IS 'The deal''s pipeline.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.stage_id IS 'The deal''s stage.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.value IS 'The deal''s value.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.currency IS 'Currency of the value.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.workflow_id IS 'Of a run: its workflow.';
COMMENT ON COLUMN crm_kpi.crm_watchlist_items.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

-- 4. Every table refers to tenants, pipelines and stages.
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_pipeline_velocity FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_automation_sla FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_sales_velocity FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_deals_daily FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT OR UPDATE OF pipeline_id, stage_id ON crm_kpi.crm_deal_stage_history FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_lead_funnel FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_lead_funnel_daily FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_acquisition FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_acquisition_daily FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_source_performance FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_source_performance_daily FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_activity_channels FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER keep_dimensions BEFORE INSERT OR UPDATE OF pipeline_id, stage_id ON crm_kpi.crm_watchlist_items FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
CREATE TRIGGER name_pipeline AFTER INSERT OR UPDATE OF pipeline_name ON crm_kpi.crm_sales_velocity FOR EACH ROW EXECUTE FUNCTION crm_kpi.name_pipeline();
CREATE TRIGGER name_stage AFTER INSERT OR UPDATE OF stage_name, stage_order ON crm_kpi.crm_pipeline_velocity FOR EACH ROW EXECUTE FUNCTION crm_kpi.name_stage();
