package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.audit.Oracle;
import nl.rentguy.crm.kpi.cli.sim.LivingCrm;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;

/** A CRM and its KPI tables on a PostgreSQL of their own, watched for rows whose {@code as_of} goes back. */
@SuppressWarnings("NullAway.Init") // set by the start methods that the constructor calls
final class CrmAndTables implements AutoCloseable {

    private final Path folder;
    private final boolean apart;
    private final int crmPort = Ports.free("port", 0);
    private final int kpiPort;
    private EmbeddedDatabase crmServer;
    private EmbeddedDatabase kpiServer;
    private Connection companies;
    private Connection crm;
    private Connection kpi;

    private CrmAndTables(Path folder, boolean apart, String changes) throws Exception {
        this.folder = folder;
        this.apart = apart;
        this.kpiPort = apart ? Ports.free("port", 0) : crmPort;
        startCrm();
        startKpi();
        crmServer.run("crm/schema.sql");
        execute(changes);
        crmServer.run("crm/cdc.sql");
        Oracle.install(crm);
        execute("ALTER DATABASE postgres SET timezone = 'UTC'");
        kpiServer.migrate();
        executeKpi("""
                CREATE TABLE went_back (key text, held timestamptz, sent timestamptz);
                CREATE FUNCTION watch_as_of() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF NEW.as_of < OLD.as_of THEN INSERT INTO went_back VALUES (NEW::text, OLD.as_of, NEW.as_of); END IF;
                  RETURN NEW;
                END $$;""");
        for (Kpi table : new Kpis(KpiSettings.DEFAULTS).list()) {
            executeKpi("CREATE TRIGGER watch AFTER UPDATE ON crm_kpi.%s FOR EACH ROW EXECUTE FUNCTION watch_as_of()"
                    .formatted(table.table().name()));
        }
    }

    /** Both in one database. */
    static CrmAndTables create(Path folder) throws Exception {
        return new CrmAndTables(folder, false, "");
    }

    /** Both in one database, the CRM's tables changed by that SQL before the job's rights are given. */
    static CrmAndTables createOf(Path folder, String changes) throws Exception {
        return new CrmAndTables(folder, false, changes);
    }

    /** Each on a server of its own, which can be stopped and started. */
    static CrmAndTables createApart(Path folder) throws Exception {
        return new CrmAndTables(folder, true, "");
    }

    void startCrm() throws Exception {
        crmServer = EmbeddedDatabase.start(Files.createDirectories(folder.resolve("pg")), crmPort);
        companies = crmServer.connect();
        crm = crmServer.connect();
    }

    /** Triggers forget how the tables were when a connection first used them only with it. */
    void reconnect() throws SQLException {
        crm.close();
        crm = crmServer.connect();
    }

    void stopCrm() throws Exception {
        crmServer.close();
    }

    void startKpi() throws Exception {
        kpiServer =
                apart ? EmbeddedDatabase.start(Files.createDirectories(folder.resolve("pg-kpi")), kpiPort) : crmServer;
        kpi = kpiServer.connect();
    }

    void stopKpi() throws Exception {
        kpiServer.close();
    }

    int crmPort() {
        return crmPort;
    }

    String kpiUrl() {
        return kpiServer.jdbcUrl();
    }

    String jdbcUrl() {
        return crmServer.jdbcUrl();
    }

    /** Companies that work on a connection of their own to the CRM. */
    LivingCrm companies(long seed, int tenants) {
        return new LivingCrm(companies, seed, tenants);
    }

    /** So many work in the CRM at the same time from now on. */
    OpenTransactions openTransactions(int count) throws SQLException {
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            connections.add(crmServer.connect());
        }
        return new OpenTransactions(connections, count);
    }

    /** So many things happen there, one after the other. */
    static void steps(LivingCrm living, int count) throws SQLException {
        for (int i = 0; i < count; i++) {
            living.step();
        }
    }

    /** In the CRM database. */
    void execute(String sql) throws SQLException {
        try (Statement statement = crm.createStatement()) {
            statement.execute(sql);
        }
    }

    void executeKpi(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Several of everything, also after the CRM's server was restarted: runs begin and end, deals move, are won and are deleted. */
    void workInCrm(int rounds) throws SQLException {
        for (int i = 0; i < rounds; i++) {
            insertRun("night-" + i % 5, Instant.now());
            execute("""
                    UPDATE crm_automation_runs SET status = 'completed', completed_at = now() WHERE id IN
                      (SELECT id FROM crm_automation_runs WHERE completed_at IS NULL ORDER BY random() LIMIT 1)""");
            execute("""
                    UPDATE crm_deals SET probability = (probability + 7) % 100, value = value + 1, updated_at = now() WHERE id IN
                      (SELECT id FROM crm_deals ORDER BY random() LIMIT 1)""");
            if (i % 10 == 0) {
                execute(
                        "UPDATE crm_deals SET status = 'won', updated_at = now() WHERE id = (SELECT min(id) FROM crm_deals WHERE status = 'open')");
                execute("DELETE FROM crm_deals WHERE id = (SELECT max(id) FROM crm_deals)");
            }
        }
    }

    long crmNumber(String sql) throws SQLException {
        try (Statement statement = crm.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    void insertRun(String workflow, Instant created) throws SQLException {
        execute("""
                INSERT INTO crm_automation_runs (tenant_id, deal_id, trigger, workflow_id, status, created_at)
                VALUES ('mrdj', %d, 't', '%s', 'running', '%s')""".formatted(aDeal(), workflow, created));
    }

    /** The id of any of the deals, of which one is made where there is none: automations run for deals. */
    long aDeal() throws SQLException {
        if (crmNumber("SELECT count(*) FROM crm_deals") == 0) {
            execute("""
                    INSERT INTO crm_pipelines (tenant_id, name) VALUES ('mrdj', 'Runs');
                    INSERT INTO crm_pipeline_stages (pipeline_id, name, "order") SELECT max(id), 'Runs', 1 FROM crm_pipelines;
                    INSERT INTO crm_deals (tenant_id, pipeline_id, stage_id, title)
                    SELECT 'mrdj', pipeline_id, id, 'Runs' FROM crm_pipeline_stages ORDER BY id DESC LIMIT 1""");
        }
        return crmNumber("SELECT id FROM crm_deals ORDER BY random() LIMIT 1");
    }

    long number(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    String text(String sql) throws SQLException {
        try (Statement statement = kpi.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "no row";
        }
    }

    Instant statusUpdatedAt() throws SQLException {
        return instant("SELECT updated_at FROM crm_kpi.crm_kpi_status");
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
        assertEqualToOracle(KpiSettings.DEFAULTS);
    }

    /** The same of a job with those settings. */
    void assertEqualToOracle(KpiSettings settings) throws SQLException {
        Oracle.tell(crm, settings);
        for (Kpi table : new Kpis(settings).list()) {
            assertThat(Audit.of(table.table(), settings, crm, kpi).differences())
                    .isEmpty();
        }
        assertThat(number("SELECT count(*) FROM went_back"))
                .as("rows whose as_of went back")
                .isZero();
    }

    @Override
    public void close() throws Exception {
        crmServer.close();
        if (apart) {
            kpiServer.close();
        }
    }
}
