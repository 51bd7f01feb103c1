-- Question: who may see whose figures?
-- Grain:    policies on each table with a tenant; crm_tenant_roles has a row for each role that reads the figures of one tenant.
-- Key:      role_name. Writer: crm-kpi tenant. Readers: see sql/kpi/roles.sql, which says what each role is for.

-- 1. The roles. Where this role may not make them, a superuser does.
DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['crm_kpi_reader', 'crm_kpi_tenants', 'crm_kpi_board', 'crm_kpi_exporter', 'crm_kpi_operators'] LOOP
    IF to_regrole(role) IS NULL THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I', role);
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % is missing, and % may not make it', role, current_user
          USING HINT = 'Run sql/kpi/roles.sql as a superuser, which makes the roles that are missing, then crm-kpi migrate again';
      END;
    END IF;
  END LOOP;
END $$;

-- 2. Which role reads which tenant.
CREATE TABLE crm_kpi.crm_tenant_roles (
  role_name text NOT NULL,
  tenant_id text NOT NULL,
  PRIMARY KEY (role_name)
);
COMMENT ON TABLE crm_kpi.crm_tenant_roles IS 'The roles that read the figures of one tenant each; kept by crm-kpi tenant. They are members of crm_kpi_tenants.';
COMMENT ON COLUMN crm_kpi.crm_tenant_roles.role_name IS 'Name of the role in this database server.';
COMMENT ON COLUMN crm_kpi.crm_tenant_roles.tenant_id IS 'The tenant whose figures it reads. It need not have any yet.';

-- 3. A table with a tenant. Whoever writes SQL can change a setting, so a tenant's own role is told by its name; only the board, which
--    writes all its SQL itself, tells the tenant by a setting of the transaction. The owner, who is the writer, sees all. What holds for
--    tenants' roles is restrictive: no policy that comes later lets them see more.
CREATE PROCEDURE crm_kpi.keep_tenants_apart(kpi_table regclass) LANGUAGE plpgsql AS $$
DECLARE policy text;
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', kpi_table);
  FOREACH policy IN ARRAY ARRAY['all_tenants', 'by_setting', 'by_role', 'own_tenant_alone'] LOOP
    EXECUTE format('DROP POLICY IF EXISTS %I ON %s', policy, kpi_table);
  END LOOP;
  EXECUTE format('CREATE POLICY all_tenants ON %s FOR SELECT TO crm_kpi_reader, crm_kpi_exporter USING (true)', kpi_table);
  EXECUTE format('CREATE POLICY by_setting ON %s FOR SELECT TO crm_kpi_board
    USING (tenant_id = (SELECT nullif(current_setting(''app.tenant'', true), '''')))', kpi_table);
  EXECUTE format('CREATE POLICY by_role ON %s FOR SELECT TO crm_kpi_tenants USING (true)', kpi_table);
  EXECUTE format('CREATE POLICY own_tenant_alone ON %s AS RESTRICTIVE TO crm_kpi_tenants
    USING (tenant_id = (SELECT r.tenant_id FROM crm_kpi.crm_tenant_roles r WHERE r.role_name = current_user))', kpi_table);
  EXECUTE format('GRANT SELECT ON %s TO crm_kpi_reader, crm_kpi_board, crm_kpi_tenants', kpi_table);
END $$;
COMMENT ON PROCEDURE crm_kpi.keep_tenants_apart IS 'Lets each reader see its tenants alone in that table. For every table with tenant_id, when it is made; a second time it mends what was changed.';

-- 4. What is granted to all is granted to every tenant. Who reads a view alone read it with its owner's rights.
DO $$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT c.oid::regclass AS name FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid
    CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(a.attacl)) acl
    WHERE c.relnamespace = 'crm_kpi'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND acl.grantee = 0
  LOOP
    RAISE EXCEPTION '% is granted to PUBLIC, and so to every tenant', found.name
      USING HINT = 'REVOKE ALL ON ALL TABLES IN SCHEMA crm_kpi FROM PUBLIC; give the readers GRANT crm_kpi_reader TO ...; then crm-kpi migrate again';
  END LOOP;
  FOR found IN
    SELECT v.oid::regclass AS name, acl.grantee::regrole AS role
    FROM pg_class v CROSS JOIN LATERAL aclexplode(v.relacl) acl
    JOIN pg_rewrite r ON r.ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
    WHERE v.relnamespace = 'crm_kpi'::regnamespace AND v.relkind = 'v' AND acl.grantee <> v.relowner
      AND NOT pg_has_role(acl.grantee, 'crm_kpi_reader', 'USAGE')
      AND NOT has_any_column_privilege(acl.grantee, d.refobjid, 'SELECT')
  LOOP
    RAISE EXCEPTION 'role % reads %, but not the tables that it is made of; views are now read with the rights of who reads them', found.role, found.name
      USING HINT = format('GRANT crm_kpi_reader TO %s; then crm-kpi migrate again', found.role);
  END LOOP;
END $$;

-- 5. Every table there is. Who could read or write one before, beside the roles above, still can: a policy of its own says so.
DO $$
DECLARE
  kept    record;
  grantee record;
BEGIN
  FOR kept IN
    SELECT c.oid, c.oid::regclass AS name, c.relowner, c.relacl FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'crm_kpi'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'tenant_id' AND NOT a.attisdropped
      AND c.oid <> 'crm_kpi.crm_tenant_roles'::regclass
    ORDER BY c.relname
  LOOP
    FOR grantee IN
      SELECT DISTINCT acl.grantee::regrole AS role
      FROM (SELECT * FROM aclexplode(kept.relacl)
            UNION ALL SELECT columns.* FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) columns WHERE a.attrelid = kept.oid) acl
      WHERE acl.grantee <> kept.relowner AND acl.grantee <> 'crm_kpi_reader'::regrole
    LOOP
      EXECUTE format('CREATE POLICY %I ON %s TO %s USING (true) WITH CHECK (true)',
                     left('as_before_' || trim(BOTH '"' FROM grantee.role::text), 63), kept.name, grantee.role);
    END LOOP;
    CALL crm_kpi.keep_tenants_apart(kept.name);
  END LOOP;
END $$;

-- A role reads its own line there, for the policies above.
ALTER TABLE crm_kpi.crm_tenant_roles ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_tenants ON crm_kpi.crm_tenant_roles FOR SELECT TO crm_kpi_reader, crm_kpi_exporter USING (true);
CREATE POLICY by_setting ON crm_kpi.crm_tenant_roles FOR SELECT TO crm_kpi_board
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant', true), '')));
CREATE POLICY by_role ON crm_kpi.crm_tenant_roles FOR SELECT TO crm_kpi_tenants USING (true);
CREATE POLICY own_tenant_alone ON crm_kpi.crm_tenant_roles AS RESTRICTIVE TO crm_kpi_tenants USING (role_name = current_user);
GRANT SELECT ON crm_kpi.crm_tenant_roles TO crm_kpi_reader, crm_kpi_tenants;

-- 6. Views read with the rights of who reads them. CREATE OR REPLACE VIEW forgets this.
DO $$
DECLARE kept regclass;
BEGIN
  FOR kept IN SELECT oid FROM pg_class WHERE relnamespace = 'crm_kpi'::regnamespace AND relkind = 'v' ORDER BY relname LOOP
    EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', kept);
    EXECUTE format('GRANT SELECT ON %s TO crm_kpi_reader, crm_kpi_board, crm_kpi_tenants', kept);
  END LOOP;
END $$;

-- 7. What has no tenant. problem and unknown_words quote rows of any tenant, and so do dead letters.
GRANT USAGE ON SCHEMA crm_kpi TO crm_kpi_reader, crm_kpi_tenants, crm_kpi_board, crm_kpi_exporter, crm_kpi_operators;
GRANT SELECT ON crm_kpi.crm_kpi_progress TO crm_kpi_reader, crm_kpi_tenants, crm_kpi_board, crm_kpi_exporter, crm_kpi_operators;
GRANT SELECT ON crm_kpi.crm_kpi_status TO crm_kpi_reader, crm_kpi_exporter, crm_kpi_operators;
GRANT SELECT (pipeline, phase, kpi_time, source_lag_seconds, snapshot_progress, settings, job_version, definition_version, updated_at)
  ON crm_kpi.crm_kpi_status TO crm_kpi_tenants, crm_kpi_board;
GRANT SELECT, DELETE, UPDATE (replayed_at) ON crm_kpi.crm_kpi_dead_letters TO crm_kpi_operators;
REVOKE ALL ON crm_kpi.crm_kpi_dead_letters, crm_kpi.flyway_schema_history FROM crm_kpi_reader;
-- A table that a later version makes is read by nobody until that version says by whom.
ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM crm_kpi_reader;

COMMENT ON COLUMN crm_kpi.crm_deal_stage_history.deleted_at IS 'When the deal was deleted, or went to another tenant; empty while it is there, and of visits that were history by then.';
