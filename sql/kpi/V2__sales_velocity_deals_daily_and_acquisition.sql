-- Question: what does each pipeline sell and how fast does it earn; what was created, won and lost on which day; what did the websites bring?
-- Grain:    a pipeline and currency; a day, stage and currency; a tenant.
-- Key:      see each table. Writer: the KPI job alone. Readers: Metabase, the CRM's dashboard.

CREATE TABLE crm_kpi.crm_sales_velocity (
  tenant_id               text NOT NULL,
  pipeline_id             bigint NOT NULL,
  currency                text NOT NULL,
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
  PRIMARY KEY (tenant_id, pipeline_id, currency)
);
COMMENT ON TABLE crm_kpi.crm_sales_velocity IS 'What each pipeline sells, by currency: how much is open, how often it wins, how long that takes, how fast it earns. A pipeline without deals has one row of zeros.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.tenant_id IS 'The tenant whose pipeline it is.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_sales_velocity.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
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
  tenant_id     text NOT NULL,
  pipeline_id   bigint NOT NULL,
  stage_id      bigint NOT NULL,
  currency      text NOT NULL,
  day           date NOT NULL,
  created_deals bigint NOT NULL,
  created_value numeric NOT NULL,
  won_deals     bigint NOT NULL,
  won_value     numeric NOT NULL,
  lost_deals    bigint NOT NULL,
  lost_value    numeric NOT NULL,
  as_of         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, pipeline_id, stage_id, currency, day)
);
CREATE INDEX ON crm_kpi.crm_deals_daily (tenant_id, day);
COMMENT ON TABLE crm_kpi.crm_deals_daily IS 'Deals that were created, won and lost on each day, by the stage and currency they are in now. Days on which nothing happened have no row.';
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
COMMENT ON COLUMN crm_kpi.crm_deals_daily.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

CREATE TABLE crm_kpi.crm_acquisition (
  tenant_id               text PRIMARY KEY,
  sessions                bigint NOT NULL,
  new_users               bigint NOT NULL,
  engaged_sessions        bigint NOT NULL,
  ga_conversions          bigint NOT NULL,
  ga_conversion_value     numeric NOT NULL,
  gtm_conversions         bigint NOT NULL,
  gtm_conversion_value    numeric NOT NULL,
  blended_conversion_rate numeric NOT NULL,
  active_connectors       text[] NOT NULL,
  as_of                   timestamptz NOT NULL
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
