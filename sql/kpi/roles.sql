-- Question: who writes the KPI tables, and who reads them?
-- Grain:    the roles below. Writer: a superuser of the KPI database runs this before crm-kpi migrate, and once more after an upgrade of
--           the job that asks for it: it makes what is missing. Readers: none.
-- The roles have no passwords here: give them some with \password, or certificates.

DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY[
    'crm_kpi_writer LOGIN',   -- the job: owns schema crm_kpi
    'crm_kpi_reader LOGIN',   -- the company's own Metabase: all tenants
    'crm_kpi_board LOGIN',    -- a board that serves many tenants: the one that setting app.tenant of its transaction names
    'crm_kpi_exporter LOGIN', -- metrics and alerts: view crm_kpi_metrics and the status
    'crm_kpi_tenants',        -- what the role of each tenant is a member of, by crm-kpi tenant: its own figures
    'crm_kpi_operators'       -- people who look after the job: dead letters and the status
  ] LOOP
    IF to_regrole(split_part(role, ' ', 1)) IS NULL THEN
      EXECUTE 'CREATE ROLE ' || role;
    ELSE
      EXECUTE 'ALTER ROLE ' || role || CASE WHEN role LIKE '% LOGIN' THEN '' ELSE ' NOLOGIN' END;
    END IF;
  END LOOP;
  -- The writer creates schema crm_kpi itself (crm-kpi migrate), and so owns all that is in it.
  EXECUTE format('GRANT CREATE ON DATABASE %I TO crm_kpi_writer', current_database());
END $$;
