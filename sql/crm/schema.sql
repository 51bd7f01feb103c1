-- Question: which tables and columns of the CRM do the KPIs rest on?
-- Grain:    one row per lead, pipeline, stage, deal, activity, automation run, day of a channel.
-- Writer:   the CRM. Readers: the CRM; Flink CDC through publication crm_kpi (see cdc.sql).
-- The reference schema, for the demo and the tests: types, widths, nullability, defaults and foreign keys are those of RentGuy's own
-- migration. A real CRM has these tables already, and more columns.

CREATE TABLE crm_leads (
  id          serial PRIMARY KEY,
  tenant_id   varchar(100) NOT NULL,
  name        varchar(200) NOT NULL,
  email       varchar(255),
  phone       varchar(50),
  external_id varchar(120) UNIQUE,
  source      varchar(120),
  status      varchar(50) NOT NULL DEFAULT 'new',
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE crm_pipelines (
  id         serial PRIMARY KEY,
  tenant_id  varchar(100) NOT NULL,
  name       varchar(120) NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  UNIQUE (tenant_id, name)
);

CREATE TABLE crm_pipeline_stages (
  id              serial PRIMARY KEY,
  pipeline_id     integer NOT NULL REFERENCES crm_pipelines ON DELETE CASCADE,
  name            varchar(120) NOT NULL,
  "order"         integer NOT NULL,
  automation_flow varchar(120),
  UNIQUE (pipeline_id, name)
);

CREATE TABLE crm_deals (
  id             serial PRIMARY KEY,
  tenant_id      varchar(100) NOT NULL,
  lead_id        integer REFERENCES crm_leads ON DELETE SET NULL,
  pipeline_id    integer NOT NULL REFERENCES crm_pipelines ON DELETE RESTRICT,
  stage_id       integer NOT NULL REFERENCES crm_pipeline_stages ON DELETE RESTRICT,
  title          varchar(200) NOT NULL,
  value          numeric(12, 2) NOT NULL DEFAULT 0,
  currency       varchar(10) NOT NULL DEFAULT 'EUR',
  expected_close date,
  probability    integer NOT NULL DEFAULT 0,
  status         varchar(50) NOT NULL DEFAULT 'open',
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE crm_activities (
  id            serial PRIMARY KEY,
  tenant_id     varchar(100) NOT NULL,
  deal_id       integer NOT NULL REFERENCES crm_deals ON DELETE CASCADE,
  activity_type varchar(50) NOT NULL,
  summary       varchar(255) NOT NULL,
  payload       text,
  occurred_at   timestamptz NOT NULL DEFAULT now(),
  created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE crm_automation_runs (
  id           serial PRIMARY KEY,
  tenant_id    varchar(100) NOT NULL,
  deal_id      integer NOT NULL REFERENCES crm_deals ON DELETE CASCADE,
  trigger      varchar(120) NOT NULL,
  workflow_id  varchar(120) NOT NULL,
  status       varchar(50) NOT NULL DEFAULT 'queued',
  context      text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);

CREATE TABLE crm_acquisition_metrics (
  id                   serial PRIMARY KEY,
  tenant_id            varchar(100) NOT NULL,
  channel              varchar(120),
  source               varchar(120),
  medium               varchar(120),
  captured_date        date NOT NULL,
  sessions             integer NOT NULL DEFAULT 0,
  new_users            integer NOT NULL DEFAULT 0,
  engaged_sessions     integer NOT NULL DEFAULT 0,
  ga_conversions       integer NOT NULL DEFAULT 0,
  ga_conversion_value  numeric(12, 2) NOT NULL DEFAULT 0,
  gtm_conversions      integer NOT NULL DEFAULT 0,
  gtm_conversion_value numeric(12, 2) NOT NULL DEFAULT 0,
  ga_property_id       varchar(120),
  gtm_container_id     varchar(120),
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, channel, source, captured_date)
);
