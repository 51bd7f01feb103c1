-- Question: what did the CRM itself, and what the world sends, teach? Look-backs, SLAs of workflows, lives of deals, a status that tells more.
-- Grain:    see each table. Key: see each table. Writer: the KPI job alone. Readers: Metabase, the alert exporter, the CRM's dashboard.

-- 1. The one rule by which texts are compared. Letters.fold in Java is the same, and a test compares the two letter by letter.
CREATE FUNCTION crm_kpi.fold(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT translate(text,
    'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨ'
    || 'ŪŬŮŰŲŴŶŸŹŻŽƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢƤƦƧƩƬƮƯƱƲƳƵƷƸƼǄǅǇǈǊǋǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǱǲǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻȽ'
    || 'ȾɁɃɄɅɆɈɊɌɎͰͲͶͿΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫςϏϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧ'
    || 'ШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮ',
    'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįiĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũ'
    || 'ūŭůűųŵŷÿźżžɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵơƣƥʀƨʃƭʈưʊʋƴƶʒƹƽǆǆǉǉǌǌǎǐǒǔǖǘǚǜǟǡǣǥǧǩǫǭǯǳǳǵƕƿǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȝȟƞȣȥȧȩȫȭȯȱȳⱥȼƚ'
    || 'ⱦɂƀʉʌɇɉɋɍɏͱͳͷϳάέήίόύώαβγδεζηθικλμνξοπρστυφχψωϊϋσϗϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽѐёђѓєѕіїјљњћќѝўџабвгдежзийклмнопрстуфхцч'
    || 'шщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӂӄӆӈӊӌӎӑӓӕӗәӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯ')
$$;
COMMENT ON FUNCTION crm_kpi.fold IS 'In lower case: each Latin, Greek or Cyrillic letter becomes its small letter, a final sigma a sigma, whatever the collation.';

-- 2. Automations. Rows of an earlier version have what is known of them until the job, which has to start anew, writes them again.
ALTER TABLE crm_kpi.crm_automation_sla ADD COLUMN ended_runs bigint NOT NULL DEFAULT 0, ADD COLUMN last_ended_at timestamptz;
UPDATE crm_kpi.crm_automation_sla SET ended_runs = run_count - open_runs;
ALTER TABLE crm_kpi.crm_automation_sla ALTER COLUMN ended_runs DROP DEFAULT;
COMMENT ON COLUMN crm_kpi.crm_automation_sla.ended_runs IS 'Runs that have ended, by their status or with a completed_at. 0 where runs are late may mean that their engine never reports an end.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.last_ended_at IS 'The latest completed_at; empty without any.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.late_runs IS 'Runs that took longer than the SLA of their workflow.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.overdue_runs IS 'Runs that have not ended although the SLA of their workflow has passed.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.avg_completion_minutes IS 'Mean of (completed_at - created_at), in minutes, none below 0; empty without a completed_at.';
COMMENT ON COLUMN crm_kpi.crm_automation_sla.sla_minutes IS 'The limit that was used, in minutes: kpi.sla-minutes, or that of the workflow.';

DROP VIEW crm_kpi.crm_automation_health;
CREATE VIEW crm_kpi.crm_automation_health AS
SELECT tenant_id, workflow_id, sum(run_count)::bigint AS run_count, sum(failed_runs)::bigint AS failed_runs,
       sum(sla_breaches)::bigint AS sla_breaches,
       round(sum(completion_seconds_sum) / (nullif(sum(timed_runs), 0) * 60), 6) AS avg_completion_minutes,
       round(sum(failed_runs) / sum(run_count), 6) AS failure_rate,
       max(run_date) AS last_run_date, sum(ended_runs)::bigint AS ended_runs, max(last_ended_at) AS last_ended_at,
       (array_agg(sla_minutes ORDER BY run_date DESC))[1] AS sla_minutes, max(as_of) AS as_of
FROM crm_kpi.crm_automation_sla GROUP BY tenant_id, workflow_id;
COMMENT ON VIEW crm_kpi.crm_automation_health IS 'Automation runs of each workflow, over all days.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.tenant_id IS 'The tenant.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.workflow_id IS 'The workflow, by the CRM''s own id.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.run_count IS 'All runs.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.failed_runs IS 'Runs that failed.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.sla_breaches IS 'Runs that took longer than the SLA, or have not ended although it has passed.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.avg_completion_minutes IS 'Mean of (completed_at - created_at), in minutes; empty without a completed_at.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.failure_rate IS 'failed_runs / run_count, 0 to 1.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.last_run_date IS 'The last day on which a run was created.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.ended_runs IS 'Runs that have ended. 0 tells that no run of this workflow ever ended, which is another thing than all being late.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.last_ended_at IS 'The latest completed_at; empty when no run has one.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.sla_minutes IS 'The limit of the newest day, in minutes.';
COMMENT ON COLUMN crm_kpi.crm_automation_health.as_of IS 'KPI time of the newest row that is in it.';

-- 3. A deal that is deleted and restored under its id does not overwrite the history of its first life.
ALTER TABLE crm_kpi.crm_deal_stage_history ADD COLUMN deleted_at timestamptz;
UPDATE crm_kpi.crm_deal_stage_history SET deleted_at = left_at WHERE outcome = 'deleted';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.deleted_at IS 'When the deal was deleted in the CRM; empty while it exists. Of a deal that is restored under its id, later visits are numbered on.';
COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.visit IS 'Number of the visit, 1 for the deal''s first.';

-- 4. By day: rows of figures apart from rows of leads and deals, so that a look-back can leave figures out.
ALTER TABLE crm_kpi.crm_source_performance_daily DROP CONSTRAINT crm_source_performance_daily_pkey,
  ADD PRIMARY KEY (tenant_id, source_key, currency, dimension_type, day);
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.dimension_type IS 'Where the source''s name is from: lead_source and internal are rows of leads and deals, ga_source and ga_channel rows of figures.';
COMMENT ON COLUMN crm_kpi.crm_source_performance_daily.label IS 'The source as the CRM writes it; of several spellings the first in alphabetical order.';

CREATE TABLE crm_kpi.crm_closed_deals_daily (
  tenant_id   text NOT NULL,
  pipeline_id bigint NOT NULL,
  stage_id    bigint NOT NULL,
  currency    text NOT NULL,
  closed_day  date NOT NULL,
  created_day date NOT NULL,
  won_deals   bigint NOT NULL,
  won_value   numeric NOT NULL,
  lost_deals  bigint NOT NULL,
  as_of       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, pipeline_id, stage_id, currency, closed_day, created_day),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines,
  FOREIGN KEY (stage_id) REFERENCES crm_kpi.crm_stages
);
CREATE INDEX ON crm_kpi.crm_closed_deals_daily (tenant_id, closed_day);
CREATE TRIGGER keep_dimensions BEFORE INSERT ON crm_kpi.crm_closed_deals_daily FOR EACH ROW EXECUTE FUNCTION crm_kpi.keep_dimensions();
COMMENT ON TABLE crm_kpi.crm_closed_deals_daily IS 'Deals that were won or lost on each of the last 365 days, by the stage and currency they are in now and the day of their creation: for look-backs.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.tenant_id IS 'The tenant whose deals they are.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.stage_id IS 'crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.currency IS 'Currency of all amounts in the row; amounts of different currencies are never added.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.closed_day IS 'Day on which the deals were won or lost, in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.created_day IS 'Day on which they were created, likewise.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.won_deals IS 'Deals that were won on that day, and still are.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.won_value IS 'Sum of their values.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.lost_deals IS 'Deals that were lost on that day, and still are.';
COMMENT ON COLUMN crm_kpi.crm_closed_deals_daily.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

-- 5. Tenants never mix: what a row says of another tenant's stage takes no name across.
CREATE OR REPLACE VIEW crm_kpi.crm_operational_watchlist AS
SELECT i.tenant_id, i.kind, i.item_id, i.deal_id, i.title, i.pipeline_id, i.stage_id, s.stage_name, i.value, i.currency, i.workflow_id,
       i.since, i.as_of
FROM crm_kpi.crm_watchlist_items i LEFT JOIN crm_kpi.crm_stages s ON s.stage_id = i.stage_id AND s.tenant_id = i.tenant_id;

-- 6. The status, and how far the tables are.
ALTER TABLE crm_kpi.crm_kpi_status
  DROP CONSTRAINT crm_kpi_status_phase_check,
  ADD CHECK (phase IN ('snapshot', 'catching_up', 'live', 'degraded', 'restarting', 'stopped', 'failed')),
  ADD COLUMN problem text,
  ADD COLUMN unknown_words jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.phase IS 'snapshot: reading the rows that were there. catching_up: reading the log, more than 5 seconds behind. live: the tables follow the CRM. degraded: they follow as far as they can, see problem. restarting: the job had to stop, and tries again. stopped: it was stopped. failed: it has ended, see problem.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.kpi_time IS 'KPI time, told once a second: all that was committed in the CRM until then is in the tables. Empty before the first rows. To the tick: crm_kpi.kpi_time(tenant).';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.problem IS 'What is not as it should be, in words; empty when nothing is known.';
COMMENT ON COLUMN crm_kpi.crm_kpi_status.unknown_words IS 'Status words of the CRM that are in none of the lists crm.deal-words.* and crm.run-words.*, and how often each was read. They count as open.';

CREATE SEQUENCE crm_kpi.crm_kpi_generation;
CREATE TABLE crm_kpi.crm_kpi_progress (
  pipeline      text NOT NULL,
  writer        integer NOT NULL,
  writers       integer NOT NULL,
  generation    bigint NOT NULL,
  written_until timestamptz,
  written_at    timestamptz,
  PRIMARY KEY (pipeline, writer)
) WITH (fillfactor = 50);
COMMENT ON SEQUENCE crm_kpi.crm_kpi_generation IS 'Numbers the writers of KPI rows: each that opens is newer than all before it.';
COMMENT ON TABLE crm_kpi.crm_kpi_progress IS 'How far each writer of KPI rows is: written in the same transaction as the rows, so a statement that reads both sees one instant.';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.pipeline IS 'The job, by kpi.pipeline-name.';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.writer IS 'Its share of the tenants, from 0 on.';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.writers IS 'How many shares there are, by kpi.writers. A tenant is in the one that crm_kpi.share_of tells.';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.generation IS 'The writer that may write; all older ones are refused. 0 where there is none any more.';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.written_until IS 'KPI time: all that was committed in the CRM until then is in the tables, as far as it is of the writer''s tenants. Empty before the first rows.';
COMMENT ON COLUMN crm_kpi.crm_kpi_progress.written_at IS 'When that was written, by the clock of this database.';

CREATE FUNCTION crm_kpi.kpi_time() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN bool_and(written_until IS NOT NULL) THEN min(written_until) END FROM crm_kpi.crm_kpi_progress
  WHERE generation > 0 AND pipeline = (SELECT pipeline FROM crm_kpi.crm_kpi_status ORDER BY updated_at DESC LIMIT 1)
$$;
COMMENT ON FUNCTION crm_kpi.kpi_time() IS 'KPI time of all tenants: all that was committed in the CRM until then is in the tables. Empty before the first rows.';

-- The same in Java, KpiWriter.shareOf; a test compares the two.
CREATE FUNCTION crm_kpi.share_of(tenant text, shares integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (('x' || encode(substring(sha256(convert_to(tenant, 'UTF8')) FROM 1 FOR 4), 'hex'))::bit(32)::bigint % shares)::integer
$$;
COMMENT ON FUNCTION crm_kpi.share_of IS 'The share that a tenant is in, from 0 on: the first four bytes of the SHA-256 of its name, modulo the number of shares.';

CREATE FUNCTION crm_kpi.kpi_time(tenant text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT held.written_until
  FROM (SELECT pipeline, writers FROM crm_kpi.crm_kpi_progress
        WHERE pipeline = (SELECT pipeline FROM crm_kpi.crm_kpi_status ORDER BY updated_at DESC LIMIT 1)
        ORDER BY generation DESC LIMIT 1) AS newest
  JOIN crm_kpi.crm_kpi_progress AS held USING (pipeline)
  WHERE held.generation > 0 AND held.writer = crm_kpi.share_of(tenant, newest.writers)
$$;
COMMENT ON FUNCTION crm_kpi.kpi_time(text) IS 'KPI time of a tenant: all that was committed in the CRM until then is in its rows, which are of this instant. Empty before the first rows.';

ALTER TABLE crm_kpi.crm_kpi_dead_letters
  DROP CONSTRAINT crm_kpi_dead_letters_reason_check,
  ADD CHECK (reason IN ('missing_value', 'unreadable_value', 'refused_by_database'));
COMMENT ON TABLE crm_kpi.crm_kpi_dead_letters IS 'What could not be taken in, and why: change events of the CRM, of which the KPIs keep the row''s last readable version; single values, when the message says that the row counts in everything else; and KPI rows that this database refused.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.source IS 'Table of the CRM; of a KPI row crm_kpi and its table.';
COMMENT ON COLUMN crm_kpi.crm_kpi_dead_letters.reason IS 'missing_value: a needed column is NULL or was not sent. unreadable_value: not of the column''s type, or out of range. refused_by_database: this database does not take the KPI row, which stands as it was.';

-- 7. The dashboard.
DROP FUNCTION crm_kpi.dashboard;
CREATE FUNCTION crm_kpi.dashboard(tenant text, pipeline_id integer DEFAULT NULL, stage text DEFAULT NULL, date_from date DEFAULT NULL,
                                  lookback_days integer DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  n        timestamptz;  -- KPI time: the tables are of this instant, and ages are told for it
  settings jsonb;
  cur      text;         -- amounts in other currencies are left out, never added
  days     integer;      -- how far back "lately" reaches
  calendar boolean;      -- whole days, today included; otherwise the window of the tables, which is exact to the instant
  today    date;
  frozen   date;         -- days until then are history, of which the CRM may have nothing any more
BEGIN
  SELECT crm_kpi.kpi_time(tenant), s.settings INTO n, settings FROM crm_kpi.crm_kpi_status s ORDER BY s.updated_at DESC LIMIT 1;
  cur := coalesce(settings ->> 'default_currency', 'EUR');
  IF lookback_days NOT BETWEEN 1 AND 365 THEN
    RAISE EXCEPTION 'lookback_days is %; expected 1 to 365', lookback_days USING ERRCODE = 'invalid_parameter_value';
  END IF;
  days := coalesce(lookback_days, (settings ->> 'window_days')::integer, 30);
  calendar := days <> coalesce((settings ->> 'window_days')::integer, 30);
  today := (n AT TIME ZONE coalesce(settings ->> 'time_zone', 'Europe/Amsterdam'))::date;
  frozen := today - coalesce((settings ->> 'freeze_days')::integer, 400);
  RETURN (
    WITH stages AS MATERIALIZED (
      -- The rows of a stage are written one by one: of two names the newer one counts.
      SELECT DISTINCT ON (v.stage_id) v.stage_id, v.pipeline_id, v.stage_name, v.stage_order
      FROM crm_kpi.crm_pipeline_velocity v
      WHERE v.tenant_id = tenant AND v.pipeline_id = coalesce(dashboard.pipeline_id, v.pipeline_id)
        AND (dashboard.stage IS NULL OR crm_kpi.fold(v.stage_name) = crm_kpi.fold(dashboard.stage))
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
             coalesce(sum(won_deals_30d), 0) AS won_30d, coalesce(sum(lost_deals_30d), 0) AS lost_30d,
             coalesce(sum(closed_deal_count), 0) AS closed, coalesce(sum(cycle_seconds_sum), 0) AS cycle,
             coalesce(sum(deal_count) FILTER (WHERE currency = cur), 0) AS valued,
             coalesce(sum(total_value) FILTER (WHERE currency = cur), 0) AS value,
             coalesce(sum(weighted_value) FILTER (WHERE currency = cur), 0) AS weighted,
             coalesce(sum(won_value_30d) FILTER (WHERE currency = cur), 0) AS won_value_30d,
             coalesce(sum(forecast_next_30d) FILTER (WHERE currency = cur), 0) AS forecast,
             coalesce(jsonb_agg(DISTINCT currency ORDER BY currency) FILTER (WHERE currency <> cur AND deal_count > 0), '[]') AS other_currencies
      FROM sums
    ),
    closed AS (
      SELECT CASE WHEN calendar THEN c.won ELSE won_30d END AS won, CASE WHEN calendar THEN c.lost ELSE lost_30d END AS lost,
             CASE WHEN calendar THEN c.won_value ELSE won_value_30d END AS won_value
      FROM deals, (
        SELECT coalesce(sum(won_deals), 0) AS won, coalesce(sum(lost_deals), 0) AS lost,
               coalesce(sum(won_value) FILTER (WHERE currency = cur), 0) AS won_value
        FROM crm_kpi.crm_closed_deals_daily d JOIN stages USING (stage_id)
        WHERE calendar AND d.tenant_id = tenant AND d.closed_day > today - days AND d.created_day >= coalesce(date_from, '-infinity')) c
    ),
    board AS (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
               'stage_id', st.stage_id, 'stage_name', st.stage_name,
               'deal_count', coalesce(s.deal_count, 0),
               'total_value', round(coalesce(s.value, 0), 2),
               'weighted_value', round(coalesce(s.weighted, 0), 2),
               'avg_age_days', round((extract(epoch FROM n) - s.created / nullif(s.deal_count, 0)) / 86400, 2))
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
               'avg_completion_minutes', round(seconds / (nullif(timed, 0) * 60), 2),
               'sla_breaches', breaches, 'failure_rate', round(failed / runs, 4)) ORDER BY workflow_id COLLATE "C"), '[]') AS document
      FROM workflows
    ),
    funnel AS (
      SELECT coalesce(sum(total_leads), 0) AS leads, coalesce(sum(leads_with_deals), 0) AS with_deals,
             CASE WHEN calendar THEN (
               SELECT coalesce(sum(l.total_leads), 0) FROM crm_kpi.crm_lead_funnel_daily l
               WHERE l.tenant_id = tenant AND l.day > today - days AND l.day <= today AND l.day >= coalesce(date_from, '-infinity'))
             ELSE coalesce(sum(leads_30d), 0) END AS lately
      FROM (
        SELECT total_leads, leads_30d, leads_with_deals FROM crm_kpi.crm_lead_funnel
        WHERE tenant_id = tenant AND date_from IS NULL
        UNION ALL
        SELECT total_leads, leads_30d, leads_with_deals FROM crm_kpi.crm_lead_funnel_daily
        WHERE tenant_id = tenant AND day >= date_from) f
    ),
    figures AS MATERIALIZED (
      SELECT * FROM crm_kpi.crm_acquisition_daily
      WHERE tenant_id = tenant AND day > today - days AND day >= coalesce(date_from, '-infinity')
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
      FROM crm_kpi.crm_source_performance WHERE tenant_id = tenant AND date_from IS NULL AND NOT calendar
      UNION ALL
      SELECT source_key, currency, label, dimension_type, lead_count, deal_count, won_deal_count, pipeline_value, won_value, sessions,
             ga_conversions, gtm_conversions, ga_revenue, gtm_revenue
      FROM crm_kpi.crm_source_performance_daily
      WHERE tenant_id = tenant AND (date_from IS NOT NULL OR calendar) AND day >= coalesce(date_from, '-infinity')
        AND (dimension_type IN ('lead_source', 'internal') OR day > today - days)
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
               ORDER BY crm_kpi.fold(label) COLLATE "C", source_key COLLATE "C"), '[]') AS document
      FROM sources
    )
    SELECT jsonb_build_object(
      'generated_at', crm_kpi.utc(n),
      'currency', cur,
      'other_currencies', d.other_currencies,
      'headline', jsonb_build_object(
        'total_pipeline_value', round(d.value, 2), 'weighted_pipeline_value', round(d.weighted, 2),
        'won_value_last_30_days', round(c.won_value, 2),
        'avg_deal_cycle_days', round(d.cycle / (nullif(d.closed, 0) * 86400), 2),
        'automation_failure_rate', a.failure_rate, 'active_workflows', a.workflows),
      'lead_funnel', jsonb_build_object(
        'total_leads', f.leads, 'leads_last_30_days', f.lately, 'leads_with_deals', f.with_deals,
        'conversion_rate', coalesce(round(f.with_deals / nullif(f.leads, 0), 4), 0)),
      'pipeline', b.document,
      'automation', a.document,
      'sales', jsonb_build_object(
        'open_deals', d.open_deals, 'won_deals_last_30_days', c.won, 'lost_deals_last_30_days', c.lost, 'total_deals', d.deal_count,
        'bookings_last_30_days', c.won,
        'win_rate', coalesce(round(c.won / nullif(c.won + c.lost, 0), 4), 0),
        'avg_deal_value', round(d.value / nullif(d.valued, 0), 2),
        'forecast_next_30_days', round(d.forecast, 2),
        'pipeline_velocity_per_day', round(c.won_value / days, 2)),
      'acquisition', jsonb_build_object(
        'lookback_days', days, 'ga_sessions', q.sessions, 'ga_new_users', q.new_users, 'ga_engaged_sessions', q.engaged,
        'ga_conversions', q.ga, 'ga_conversion_value', round(q.ga_value, 2),
        'gtm_conversions', q.gtm, 'gtm_conversion_value', round(q.gtm_value, 2),
        'blended_conversion_rate', coalesce(round((q.ga + q.gtm) / nullif(q.sessions, 0), 4), 0),
        'active_connectors', q.connectors),
      'source_performance', p.document,
      'provenance', jsonb_build_object(
        'source', CASE WHEN n IS NULL THEN 'starting' ELSE 'live' END, 'upstream_systems', '["crm"]'::jsonb || q.connectors, 'last_refreshed_at', crm_kpi.utc(n)))
    FROM deals d, closed c, board b, automation a, funnel f, acquisition q, performance p);
END $$;
COMMENT ON FUNCTION crm_kpi.dashboard IS 'The document of the CRM''s dashboard, for one tenant, from the KPI tables alone; schemas/dashboard.schema.json describes it. pipeline_id and stage (a name, in any case) restrict what is about deals: headline, pipeline and sales. date_from restricts everything to what was created, or captured, on that day or later. lookback_days (1 to 365 calendar days, today included) takes the place of the last 30 days in leads, wins, losses, win rate, velocity, bookings and acquisition; the forecast stays 30 days. Amounts are those in the default currency, other_currencies names those left out. A mean of nothing is null, a rate of nothing 0. An unknown tenant gives zeros.';

-- 8. Whoever changes a dimension holds the one lock first, so that no two batches wait for each other.
CREATE OR REPLACE FUNCTION crm_kpi.name_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM crm_kpi.crm_pipelines WHERE pipeline_id = NEW.pipeline_id
             AND (tenant_id, pipeline_name) IS DISTINCT FROM (NEW.tenant_id, NEW.pipeline_name)) THEN
    PERFORM pg_advisory_xact_lock(hashtext('crm_kpi.keep_dimensions'));
    UPDATE crm_kpi.crm_pipelines SET tenant_id = NEW.tenant_id, pipeline_name = NEW.pipeline_name
    WHERE pipeline_id = NEW.pipeline_id;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION crm_kpi.name_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM crm_kpi.crm_stages WHERE stage_id = NEW.stage_id
             AND (tenant_id, pipeline_id, stage_name, stage_order)
                 IS DISTINCT FROM (NEW.tenant_id, NEW.pipeline_id, NEW.stage_name, NEW.stage_order)) THEN
    PERFORM pg_advisory_xact_lock(hashtext('crm_kpi.keep_dimensions'));
    UPDATE crm_kpi.crm_stages
    SET tenant_id = NEW.tenant_id, pipeline_id = NEW.pipeline_id, stage_name = NEW.stage_name, stage_order = NEW.stage_order
    WHERE stage_id = NEW.stage_id;
  END IF;
  RETURN NULL;
END $$;
