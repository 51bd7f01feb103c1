-- Question: what does a reader want at a glance: the headline, the funnel, the health of automations, the backlog, the dashboard?
-- Grain:    see each view; of the function one document.
-- Key:      see each view. Writer: none, all is read from the KPI tables. Readers: Metabase, the CRM's dashboard.

CREATE VIEW crm_kpi.crm_lead_funnel_steps AS
SELECT f.tenant_id, steps.step_order, steps.step, steps.count, f.as_of
FROM crm_kpi.crm_lead_funnel f
CROSS JOIN LATERAL (VALUES (1, 'Leads', f.total_leads), (2, 'Deals', f.leads_with_deals), (3, 'Won', f.leads_won)) AS steps (step_order, step, count);
COMMENT ON VIEW crm_kpi.crm_lead_funnel_steps IS 'The lead funnel for a funnel chart: a row per tenant and step. All steps count leads, so none is larger than the one before.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_steps.tenant_id IS 'The tenant whose leads they are.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_steps.step_order IS 'Position of the step, from 1.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_steps.step IS 'Leads: all. Deals: those with at least one deal. Won: those with a deal that is won.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_steps.count IS 'Leads that came as far.';
COMMENT ON COLUMN crm_kpi.crm_lead_funnel_steps.as_of IS 'KPI time of the row.';

CREATE VIEW crm_kpi.crm_operational_watchlist AS
SELECT i.tenant_id, i.kind, i.item_id, i.deal_id, i.title, i.pipeline_id, i.stage_id, s.stage_name, i.value, i.currency, i.workflow_id,
       i.since, i.as_of
FROM crm_kpi.crm_watchlist_items i LEFT JOIN crm_kpi.crm_stages s ON s.stage_id = i.stage_id;
COMMENT ON VIEW crm_kpi.crm_operational_watchlist IS 'What needs a person now: a row appears when its condition begins and vanishes when it ends. The longest idle deals: WHERE tenant_id = ... AND kind = ''idle_deal'' ORDER BY since LIMIT 10.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.tenant_id IS 'The tenant whose item it is.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.kind IS 'idle_deal: open, and no activity for 7 days. stale_stage: open, and in its stage for more than 14 days. failed_run: a run created in the last 30 days failed. overdue_run: a run has not ended after 10 minutes. overdue_task: a task was not done when it was due.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.item_id IS 'Of the deal, the run or the activity: its id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.deal_id IS 'The deal it is about; empty for a run without one.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.title IS 'The deal''s title; empty where the CRM does not send titles.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.pipeline_id IS 'The deal''s pipeline.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.stage_id IS 'The deal''s stage.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.stage_name IS 'The stage''s name now.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.value IS 'The deal''s value.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.currency IS 'Currency of the value.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.workflow_id IS 'Of a run: its workflow.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.since IS 'When the condition began.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.as_of IS 'KPI time of the row.';

CREATE VIEW crm_kpi.crm_automation_health AS
SELECT tenant_id, workflow_id, sum(run_count)::bigint AS run_count, sum(failed_runs)::bigint AS failed_runs,
       sum(sla_breaches)::bigint AS sla_breaches,
       round(sum(completion_seconds_sum) / (nullif(sum(timed_runs), 0) * 60), 6) AS avg_completion_minutes,
       round(sum(failed_runs) / sum(run_count), 6) AS failure_rate,
       max(run_date) AS last_run_date, max(as_of) AS as_of
FROM crm_kpi.crm_automation_sla GROUP BY tenant_id, workflow_id;
COMMENT ON VIEW crm_kpi.crm_automation_health IS 'The automation runs of each workflow, all days together.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.tenant_id IS 'The tenant whose workflow it is.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.workflow_id IS 'The workflow, by the CRM''s own id.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.run_count IS 'All runs.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.failed_runs IS 'Runs that failed.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.sla_breaches IS 'Runs that took longer than the SLA, or have not ended although it has passed.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.avg_completion_minutes IS 'Mean of (completed_at - created_at), in minutes; empty without a completed_at.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.failure_rate IS 'failed_runs / run_count, 0 to 1.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.last_run_date IS 'The last day on which a run was created.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.as_of IS 'KPI time of the newest row that is in it.';

CREATE VIEW crm_kpi.crm_headline AS
WITH deals AS (
  SELECT tenant_id, currency, sum(total_value) AS total_value, sum(weighted_value) AS weighted_value, sum(won_value_30d) AS won_value,
         sum(cycle_seconds_sum) AS cycle, sum(closed_deal_count) AS closed, max(as_of) AS as_of
  FROM crm_kpi.crm_pipeline_velocity GROUP BY tenant_id, currency
),
runs AS (
  SELECT tenant_id, sum(failed_runs) AS failed, sum(run_count) AS runs, count(DISTINCT workflow_id) AS workflows, max(as_of) AS as_of
  FROM crm_kpi.crm_automation_sla GROUP BY tenant_id
)
SELECT d.tenant_id, d.currency, d.total_value AS total_pipeline_value, d.weighted_value AS weighted_pipeline_value,
       d.won_value AS won_value_30d, round(d.cycle / (nullif(d.closed, 0) * 86400), 6) AS avg_deal_cycle_days,
       coalesce(round(r.failed / r.runs, 6), 0) AS automation_failure_rate,
       coalesce(r.workflows, 0) AS active_workflows,
       coalesce(f.conversion_rate, 0) AS conversion_rate,
       greatest(d.as_of, r.as_of, f.as_of) AS as_of
FROM deals d LEFT JOIN runs r ON r.tenant_id = d.tenant_id LEFT JOIN crm_kpi.crm_lead_funnel f ON f.tenant_id = d.tenant_id;
COMMENT ON VIEW crm_kpi.crm_headline IS 'The figures on top of the dashboard: a row per tenant with a pipeline and currency that occurs there.';
COMMENT ON COLUMN crm_kpi.crm_headline.tenant_id IS 'The tenant.';
COMMENT ON COLUMN crm_kpi.crm_headline.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_headline.total_pipeline_value IS 'Sum of the values of all deals, whatever their status.';
COMMENT ON COLUMN crm_kpi.crm_headline.weighted_pipeline_value IS 'Sum of value x probability / 100 of all deals.';
COMMENT ON COLUMN crm_kpi.crm_headline.won_value_30d IS 'Sum of the values of deals that were won in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_headline.avg_deal_cycle_days IS 'Mean of (closed - created_at) over all deals that are won or lost, in days; empty without any.';
COMMENT ON COLUMN crm_kpi.crm_headline.automation_failure_rate IS 'Failed runs / all runs of the tenant, 0 to 1; 0 without runs.';
COMMENT ON COLUMN crm_kpi.crm_headline.active_workflows IS 'Workflows of the tenant that have run.';
COMMENT ON COLUMN crm_kpi.crm_headline.conversion_rate IS 'Leads of the tenant with a deal / all leads, 0 to 1; 0 without leads.';
COMMENT ON COLUMN crm_kpi.crm_headline.as_of IS 'KPI time of the newest row that is in it.';

CREATE FUNCTION crm_kpi.dashboard(tenant text, pipeline_id integer DEFAULT NULL, stage text DEFAULT NULL, date_from date DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  n        timestamptz;  -- KPI time: the tables are of this instant, and ages are told for it
  settings jsonb;
  cur      text;         -- amounts in other currencies are left out, never added
  days     integer;
  frozen   date;         -- days until then are history, of which the CRM may have nothing any more
BEGIN
  SELECT s.kpi_time, s.settings INTO n, settings FROM crm_kpi.crm_kpi_status s ORDER BY s.updated_at DESC LIMIT 1;
  cur := coalesce(settings ->> 'default_currency', 'EUR');
  days := coalesce((settings ->> 'window_days')::integer, 30);
  frozen := (n AT TIME ZONE coalesce(settings ->> 'time_zone', 'Europe/Amsterdam'))::date - coalesce((settings ->> 'freeze_days')::integer, 400);
  RETURN (
    WITH stages AS MATERIALIZED (
      -- The rows of a stage are written one by one: of two names the newer one counts.
      SELECT DISTINCT ON (v.stage_id) v.stage_id, v.pipeline_id, v.stage_name, v.stage_order
      FROM crm_kpi.crm_pipeline_velocity v
      WHERE v.tenant_id = tenant AND v.pipeline_id = coalesce(dashboard.pipeline_id, v.pipeline_id)
        AND (dashboard.stage IS NULL OR lower(v.stage_name) = lower(dashboard.stage))
      ORDER BY v.stage_id, v.as_of DESC
    ),
    sums AS MATERIALIZED (
      SELECT v.stage_id, v.currency, v.deal_count, v.total_value, v.weighted_value, v.created_seconds_sum, v.open_deal_count,
             v.won_deals_30d, v.won_value_30d, v.lost_deals_30d, v.closed_deal_count, v.cycle_seconds_sum, v.forecast_next_30d
      FROM crm_kpi.crm_pipeline_velocity v JOIN stages USING (stage_id, pipeline_id)
      WHERE v.tenant_id = tenant AND date_from IS NULL
      UNION ALL
      SELECT d.stage_id, d.currency, d.created_deals, d.created_value, d.created_weighted_value, d.created_seconds_sum,
             d.created_open_deals, d.created_won_deals_30d, d.created_won_value_30d, d.created_lost_deals_30d,
             d.created_closed_deals, d.created_cycle_seconds_sum, d.created_forecast_next_30d
      FROM crm_kpi.crm_deals_daily d JOIN stages USING (stage_id)
      WHERE d.tenant_id = tenant AND d.day >= date_from
    ),
    deals AS (
      SELECT coalesce(sum(deal_count), 0) AS deal_count, coalesce(sum(open_deal_count), 0) AS open_deals,
             coalesce(sum(won_deals_30d), 0) AS won, coalesce(sum(lost_deals_30d), 0) AS lost,
             coalesce(sum(closed_deal_count), 0) AS closed, coalesce(sum(cycle_seconds_sum), 0) AS cycle,
             coalesce(sum(deal_count) FILTER (WHERE currency = cur), 0) AS valued,
             coalesce(sum(total_value) FILTER (WHERE currency = cur), 0) AS value,
             coalesce(sum(weighted_value) FILTER (WHERE currency = cur), 0) AS weighted,
             coalesce(sum(won_value_30d) FILTER (WHERE currency = cur), 0) AS won_value,
             coalesce(sum(forecast_next_30d) FILTER (WHERE currency = cur), 0) AS forecast,
             coalesce(jsonb_agg(DISTINCT currency ORDER BY currency) FILTER (WHERE currency <> cur AND deal_count > 0), '[]') AS other_currencies
      FROM sums
    ),
    board AS (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'stage_id', st.stage_id, 'stage_name', st.stage_name,
               'deal_count', coalesce(s.deal_count, 0),
               'total_value', round(coalesce(s.value, 0), 2),
               'weighted_value', round(coalesce(s.weighted, 0), 2),
               'avg_age_days', coalesce(round((extract(epoch FROM n) - s.created / nullif(s.deal_count, 0)) / 86400, 2), 0))
               ORDER BY st.pipeline_id, st.stage_order, st.stage_id), '[]') AS document
      FROM stages st LEFT JOIN (
        SELECT stage_id, sum(deal_count) AS deal_count, sum(created_seconds_sum) AS created,
               sum(total_value) FILTER (WHERE currency = cur) AS value, sum(weighted_value) FILTER (WHERE currency = cur) AS weighted
        FROM sums GROUP BY stage_id) s USING (stage_id)
    ),
    workflows AS MATERIALIZED (
      SELECT workflow_id, sum(run_count) AS runs, sum(failed_runs) AS failed, sum(sla_breaches) AS breaches,
             sum(completion_seconds_sum) AS seconds, sum(timed_runs) AS timed
      FROM crm_kpi.crm_automation_sla
      WHERE tenant_id = tenant AND run_date >= coalesce(date_from, '-infinity') AND run_date > frozen GROUP BY workflow_id
    ),
    automation AS (
      SELECT count(*) AS workflows, coalesce(round(sum(failed) / sum(runs), 4), 0) AS failure_rate,
             coalesce(jsonb_agg(jsonb_build_object(
               'workflow_id', workflow_id, 'run_count', runs, 'failed_runs', failed,
               'avg_completion_minutes', coalesce(round(seconds / (nullif(timed, 0) * 60), 2), 0),
               'sla_breaches', breaches, 'failure_rate', round(failed / runs, 4)) ORDER BY workflow_id COLLATE "C"), '[]') AS document
      FROM workflows
    ),
    funnel AS (
      SELECT coalesce(sum(total_leads), 0) AS leads, coalesce(sum(leads_30d), 0) AS lately, coalesce(sum(leads_with_deals), 0) AS with_deals
      FROM (
        SELECT total_leads, leads_30d, leads_with_deals FROM crm_kpi.crm_lead_funnel
        WHERE tenant_id = tenant AND date_from IS NULL
        UNION ALL
        SELECT total_leads, leads_30d, leads_with_deals FROM crm_kpi.crm_lead_funnel_daily
        WHERE tenant_id = tenant AND day >= date_from) f
    ),
    figures AS MATERIALIZED (
      SELECT * FROM crm_kpi.crm_acquisition_daily WHERE tenant_id = tenant AND day >= coalesce(date_from, '-infinity')
    ),
    acquisition AS (
      SELECT coalesce(sum(sessions), 0) AS sessions, coalesce(sum(new_users), 0) AS new_users,
             coalesce(sum(engaged_sessions), 0) AS engaged, coalesce(sum(ga_conversions), 0) AS ga,
             coalesce(sum(ga_conversion_value), 0) AS ga_value, coalesce(sum(gtm_conversions), 0) AS gtm,
             coalesce(sum(gtm_conversion_value), 0) AS gtm_value,
             (SELECT coalesce(jsonb_agg(DISTINCT connector ORDER BY connector), '[]')
              FROM figures, unnest(active_connectors) AS connector) AS connectors
      FROM figures
    ),
    brought AS (
      SELECT source_key, currency, label, dimension_type, lead_count, deal_count, won_deal_count, pipeline_value, won_value, sessions,
             ga_conversions, gtm_conversions, ga_revenue, gtm_revenue
      FROM crm_kpi.crm_source_performance WHERE tenant_id = tenant AND date_from IS NULL
      UNION ALL
      SELECT source_key, currency, label, dimension_type, lead_count, deal_count, won_deal_count, pipeline_value, won_value, sessions,
             ga_conversions, gtm_conversions, ga_revenue, gtm_revenue
      FROM crm_kpi.crm_source_performance_daily WHERE tenant_id = tenant AND day >= date_from
    ),
    sources AS (
      SELECT source_key,
             (array_agg(label ORDER BY dimension, label COLLATE "C"))[1] AS label,
             (array_agg(dimension_type ORDER BY dimension))[1] AS dimension_type,
             sum(lead_count) AS leads, sum(deal_count) AS deals, sum(won_deal_count) AS won,
             coalesce(sum(pipeline_value) FILTER (WHERE currency = cur), 0) AS value,
             coalesce(sum(won_value) FILTER (WHERE currency = cur), 0) AS won_value,
             sum(sessions) AS sessions, sum(ga_conversions) AS ga, sum(gtm_conversions) AS gtm,
             sum(ga_revenue) AS ga_value, sum(gtm_revenue) AS gtm_value
      FROM brought, array_position(ARRAY['lead_source', 'ga_source', 'ga_channel', 'internal'], dimension_type) AS dimension
      GROUP BY source_key
    ),
    performance AS (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'key', source_key, 'label', label, 'dimension_type', dimension_type, 'lead_count', leads, 'deal_count', deals,
               'won_deal_count', won, 'pipeline_value', round(value, 2), 'won_value', round(won_value, 2), 'ga_sessions', sessions,
               'ga_conversions', ga, 'gtm_conversions', gtm, 'ga_revenue', round(ga_value, 2), 'gtm_revenue', round(gtm_value, 2))
               ORDER BY label COLLATE "C", source_key COLLATE "C"), '[]') AS document
      FROM sources
    )
    SELECT jsonb_build_object(
      'generated_at', crm_kpi.utc(n),
      'currency', cur,
      'other_currencies', d.other_currencies,
      'headline', jsonb_build_object(
        'total_pipeline_value', round(d.value, 2), 'weighted_pipeline_value', round(d.weighted, 2),
        'won_value_last_30_days', round(d.won_value, 2),
        'avg_deal_cycle_days', coalesce(round(d.cycle / (nullif(d.closed, 0) * 86400), 2), 0),
        'automation_failure_rate', a.failure_rate, 'active_workflows', a.workflows),
      'lead_funnel', jsonb_build_object(
        'total_leads', f.leads, 'leads_last_30_days', f.lately, 'leads_with_deals', f.with_deals,
        'conversion_rate', coalesce(round(f.with_deals / nullif(f.leads, 0), 4), 0)),
      'pipeline', b.document,
      'automation', a.document,
      'sales', jsonb_build_object(
        'open_deals', d.open_deals, 'won_deals_last_30_days', d.won, 'lost_deals_last_30_days', d.lost, 'total_deals', d.deal_count,
        'bookings_last_30_days', round(d.won_value, 2),
        'win_rate', coalesce(round(d.won / nullif(d.won + d.lost, 0), 4), 0),
        'avg_deal_value', coalesce(round(d.value / nullif(d.valued, 0), 2), 0),
        'forecast_next_30_days', round(d.forecast, 2),
        'pipeline_velocity_per_day', round(d.won_value / days, 2)),
      'acquisition', jsonb_build_object(
        'lookback_days', days, 'ga_sessions', q.sessions, 'ga_new_users', q.new_users, 'ga_engaged_sessions', q.engaged,
        'ga_conversions', q.ga, 'ga_conversion_value', round(q.ga_value, 2),
        'gtm_conversions', q.gtm, 'gtm_conversion_value', round(q.gtm_value, 2),
        'blended_conversion_rate', coalesce(round((q.ga + q.gtm) / nullif(q.sessions, 0), 4), 0),
        'active_connectors', q.connectors),
      'source_performance', p.document,
      'provenance', jsonb_build_object(
        'source', CASE WHEN n IS NULL THEN 'starting' ELSE 'live' END, 'upstream_systems', '["crm"]'::jsonb || q.connectors, 'last_refreshed_at', crm_kpi.utc(n)))
    FROM deals d, board b, automation a, funnel f, acquisition q, performance p);
END $$;
COMMENT ON FUNCTION crm_kpi.dashboard IS 'The document of the CRM''s dashboard, for one tenant, from the KPI tables alone. pipeline_id and stage (a name, in any case) restrict what is about deals: headline, pipeline and sales. date_from restricts everything to what was created, or captured, on that day or later. Amounts are those in the default currency, other_currencies names those left out. An unknown tenant gives zeros.';

CREATE FUNCTION crm_kpi.utc(instant timestamptz) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
COMMENT ON FUNCTION crm_kpi.utc IS 'The instant in UTC, whatever the session''s time zone.';
