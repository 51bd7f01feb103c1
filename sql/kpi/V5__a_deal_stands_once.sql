-- Question: where does the title of a deal stand? Once, in a row for each deal, which the watchlist joins.
-- Grain:    a deal. Key: (tenant_id, deal_id). Writer: the KPI job alone. Readers: Metabase, the CRM's dashboard.

CREATE TABLE crm_kpi.crm_deals (
  tenant_id   text NOT NULL,
  deal_id     bigint NOT NULL,
  title       text,
  pipeline_id bigint NOT NULL,
  stage_id    bigint NOT NULL,
  value       numeric NOT NULL,
  currency    text NOT NULL,
  as_of       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, deal_id),
  FOREIGN KEY (tenant_id) REFERENCES crm_kpi.crm_tenants,
  FOREIGN KEY (pipeline_id) REFERENCES crm_kpi.crm_pipelines,
  FOREIGN KEY (stage_id) REFERENCES crm_kpi.crm_stages
);
COMMENT ON TABLE crm_kpi.crm_deals IS 'What lists show of a deal, once for each. The one place with its title.';
COMMENT ON COLUMN crm_kpi.crm_deals.tenant_id IS 'The tenant whose deal it is.';
COMMENT ON COLUMN crm_kpi.crm_deals.deal_id IS 'crm_deals.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deals.title IS 'The deal''s title; empty where the CRM does not send titles.';
COMMENT ON COLUMN crm_kpi.crm_deals.pipeline_id IS 'crm_pipelines.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deals.stage_id IS 'crm_pipeline_stages.id in the CRM.';
COMMENT ON COLUMN crm_kpi.crm_deals.value IS 'The deal''s value.';
COMMENT ON COLUMN crm_kpi.crm_deals.currency IS 'Currency of the value.';
COMMENT ON COLUMN crm_kpi.crm_deals.as_of IS 'KPI time of the row: it equals a batch query over the CRM at this instant. Of a row that stands it never moves back.';

-- The job makes the tenants, pipelines and stages that its rows refer to, many at once.
DROP FUNCTION crm_kpi.keep_dimensions CASCADE;

-- What the items tell of their deals goes there. Rows of an earlier version have it from the items until the job writes them again.
INSERT INTO crm_kpi.crm_deals
SELECT DISTINCT ON (tenant_id, deal_id) tenant_id, deal_id, title, pipeline_id, stage_id, value, currency, as_of
FROM crm_kpi.crm_watchlist_items WHERE deal_id IS NOT NULL AND stage_id IS NOT NULL
ORDER BY tenant_id, deal_id, as_of DESC;

DROP VIEW crm_kpi.crm_operational_watchlist;
ALTER TABLE crm_kpi.crm_watchlist_items
  DROP COLUMN title, DROP COLUMN pipeline_id, DROP COLUMN stage_id, DROP COLUMN value, DROP COLUMN currency;
COMMENT ON TABLE crm_kpi.crm_watchlist_items IS 'What needs a person now; see the view crm_operational_watchlist, which adds what the deals and stages are.';

-- Tenants never mix: what a row says of another tenant's deal takes nothing across.
CREATE VIEW crm_kpi.crm_operational_watchlist AS
SELECT i.tenant_id, i.kind, i.item_id, i.deal_id, d.title, d.pipeline_id, d.stage_id, s.stage_name, d.value, d.currency, i.workflow_id,
       i.since, i.as_of
FROM crm_kpi.crm_watchlist_items i
LEFT JOIN crm_kpi.crm_deals d ON d.tenant_id = i.tenant_id AND d.deal_id = i.deal_id
LEFT JOIN crm_kpi.crm_stages s ON s.stage_id = d.stage_id AND s.tenant_id = i.tenant_id;
COMMENT ON VIEW crm_kpi.crm_operational_watchlist IS 'What needs a person now: a row appears when its condition begins and vanishes when it ends. The longest idle deals: WHERE tenant_id = ... AND kind = ''idle_deal'' ORDER BY since LIMIT 10.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.tenant_id IS 'The tenant whose item it is.';
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.kind IS 'idle_deal: open, and no activity for 7 days. stale_stage: open, and in its stage for more than 14 days. failed_run: a run created in the last 30 days failed. overdue_run: a run has not ended after the SLA of its workflow. overdue_task: a task was not done when it was due.';
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
COMMENT ON COLUMN crm_kpi.crm_operational_watchlist.as_of IS 'KPI time of the item''s row.';
