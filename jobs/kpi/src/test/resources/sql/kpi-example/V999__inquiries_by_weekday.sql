-- Question: on which day of the week do customers ask, and how often does a deal come of it?
-- Grain:    a tenant and day of the week. Key: (tenant_id, weekday).
-- Writer:   the KPI job alone. Readers: Metabase.

CREATE TABLE crm_kpi.crm_inquiries_by_weekday (
  tenant_id           text NOT NULL REFERENCES crm_kpi.crm_tenants,
  weekday             integer NOT NULL,
  inquiries_30d       bigint NOT NULL,
  conversion_rate_30d numeric NOT NULL,
  as_of               timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, weekday)
);
CALL crm_kpi.keep_tenants_apart('crm_kpi.crm_inquiries_by_weekday');
COMMENT ON TABLE crm_kpi.crm_inquiries_by_weekday IS 'Leads of the last 30 days by the day of the week on which they came.';
COMMENT ON COLUMN crm_kpi.crm_inquiries_by_weekday.tenant_id IS 'The tenant whose leads they are.';
COMMENT ON COLUMN crm_kpi.crm_inquiries_by_weekday.weekday IS '1 for Monday to 7 for Sunday, in the time zone of kpi.time-zone.';
COMMENT ON COLUMN crm_kpi.crm_inquiries_by_weekday.inquiries_30d IS 'Leads that were created in the last 30 days.';
COMMENT ON COLUMN crm_kpi.crm_inquiries_by_weekday.conversion_rate_30d IS 'Of those, leads with a deal / inquiries_30d, 0 to 1.';
COMMENT ON COLUMN crm_kpi.crm_inquiries_by_weekday.as_of IS 'KPI time of the row.';
