package nl.rentguy.crm.kpi.laptop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.kpi.Kpi;
import nl.rentguy.crm.kpi.kpi.KpiSettings;
import nl.rentguy.crm.kpi.kpi.Kpis;
import nl.rentguy.crm.kpi.laptop.sim.LivingCrm;

/** A CRM and its KPI tables on a PostgreSQL of their own, watched for rows whose {@code as_of} goes back. */
final class CrmAndTables implements AutoCloseable {

    private final LaptopDatabase database;
    private final Connection crm;
    private final Connection kpi;

    private CrmAndTables(LaptopDatabase database) throws SQLException {
        this.database = database;
        this.crm = database.connect();
        this.kpi = database.connect();
    }

    static CrmAndTables create(Path folder) throws Exception {
        LaptopDatabase database =
                LaptopDatabase.start(Files.createDirectory(folder.resolve("pg")), Ports.free("port", 0));
        database.run("crm/schema.sql");
        database.run("crm/cdc.sql");
        database.run("oracle/history.sql");
        database.migrate();
        CrmAndTables result = new CrmAndTables(database);
        result.execute("""
                CREATE TABLE went_back (key text, held timestamptz, sent timestamptz);
                CREATE FUNCTION watch_as_of() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF NEW.as_of < OLD.as_of THEN INSERT INTO went_back VALUES (NEW::text, OLD.as_of, NEW.as_of); END IF;
                  RETURN NEW;
                END $$;
                CREATE TRIGGER watch AFTER UPDATE ON crm_kpi.crm_pipeline_velocity FOR EACH ROW EXECUTE FUNCTION watch_as_of();
                CREATE TRIGGER watch AFTER UPDATE ON crm_kpi.crm_automation_sla FOR EACH ROW EXECUTE FUNCTION watch_as_of()""");
        return result;
    }

    String jdbcUrl() {
        return database.jdbcUrl();
    }

    /** Companies that work on a connection of their own to the CRM. */
    LivingCrm companies(long seed, int tenants) {
        return new LivingCrm(crm, seed, tenants);
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement()) {
            statement.execute(sql);
        }
    }

    void insertRun(String workflow, Instant created) throws SQLException {
        execute("""
                INSERT INTO crm_automation_runs (tenant_id, trigger, workflow_id, status, created_at)
                VALUES ('mrdj', 't', '%s', 'running', '%s')""".formatted(workflow, created));
    }

    long number(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    Instant instant(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    boolean kpiTimeHasPassed(Instant instant) throws SQLException {
        return Audit.hasPassed(kpi, JobOptions.KPI_PIPELINE_NAME.defaultValue(), instant);
    }

    void awaitKpiTimeAfter(Instant instant) throws Exception {
        Wait.until("KPI time passes " + instant, () -> kpiTimeHasPassed(instant));
    }

    /** Every row of every table, and that none of them ever went back in time. */
    void assertEqualToOracle() throws SQLException {
        for (Kpi table : new Kpis(KpiSettings.DEFAULTS).list()) {
            assertThat(Audit.of(table.table(), kpi, kpi).differences()).isEmpty();
        }
        assertThat(number("SELECT count(*) FROM went_back"))
                .as("rows whose as_of went back")
                .isZero();
    }

    @Override
    public void close() throws Exception {
        crm.close();
        kpi.close();
        database.close();
    }
}
