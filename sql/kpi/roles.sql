-- Question: who writes the KPI tables, and who reads them?
-- Grain:    two roles. Writer: the KPI database's owner runs this, once, before crm-kpi migrate. Readers: none.
-- The roles have no passwords here: give them some with \password, or certificates.

CREATE ROLE crm_kpi_writer LOGIN;
CREATE ROLE crm_kpi_reader LOGIN;

-- The writer creates schema crm_kpi itself (crm-kpi migrate), and so owns all that is in it.
DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON DATABASE %I TO crm_kpi_writer', current_database());
END $$;

-- For Metabase and other readers: all that the writer will create there.
ALTER DEFAULT PRIVILEGES FOR ROLE crm_kpi_writer GRANT USAGE ON SCHEMAS TO crm_kpi_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE crm_kpi_writer GRANT SELECT ON TABLES TO crm_kpi_reader;
