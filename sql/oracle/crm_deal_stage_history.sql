-- Question: when was each deal in which stage? The definition of crm_deal_stage_history, of the deals that exist, without visits
--           that ended kpi.freeze-days ago: these are history, and stay as they are.
-- Grain:    a visit of a deal to a stage. Key: (tenant_id, deal_id, visit).
-- Writer:   none, a batch query over the CRM. Readers: tests, demo --verify.
SELECT * FROM (
  SELECT d.tenant_id, d.id AS deal_id,
         (coalesce(p.visits, 0) + 1 + count(v.left_at) OVER earlier)::int AS visit,
         v.pipeline_id, v.stage_id, v.entered_at, v.left_at,
         CASE WHEN v.is_current AND v.last_outcome <> 'open' THEN c.closed_at END AS closed_at,
         coalesce(v.value_at_end, d.value) AS value,
         coalesce(v.currency_at_end, d.currency) AS currency,
         CASE WHEN v.is_current AND v.last_outcome = 'open' THEN CASE WHEN v.was_closed THEN 'reopened' END
              WHEN v.is_current OR v.ended_by_closing THEN v.last_outcome
              ELSE 'moved' END AS outcome,
         NULL::timestamptz AS deleted_at
  FROM oracle.deals d
  JOIN (SELECT * FROM oracle.deal_visits WHERE left_at IS NOT NULL OR is_current) v ON v.deal_id = d.id
  LEFT JOIN oracle.deal_closings c ON c.deal_id = d.id
  LEFT JOIN oracle.past_visits p ON p.deal_id = d.id
  WINDOW earlier AS (PARTITION BY d.id ORDER BY v.stay ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) visits
-- A visit to the stage that the deal is in may change, whenever it ended.
WHERE left_at IS NULL OR closed_at IS NOT NULL
   OR left_at + (SELECT make_interval(hours => 24 * freeze_days) FROM oracle.settings) > :as_of
