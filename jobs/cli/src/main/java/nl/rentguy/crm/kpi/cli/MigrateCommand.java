package nl.rentguy.crm.kpi.cli;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.Database;
import org.apache.flink.configuration.Configuration;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code crm-kpi migrate}. */
@Command(
        name = "migrate",
        description = "Creates schema crm_kpi in the KPI database, or upgrades it. Does nothing when it is up to date.",
        mixinStandardHelpOptions = true)
final class MigrateCommand implements Callable<Integer> {

    @Mixin
    private ConfigArguments arguments = new ConfigArguments();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        Configuration config = arguments.load();
        Database kpi = Database.kpi(config);
        try (Connection connection = kpi.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('server_encoding')")) {
            row.next();
            if (!row.getString(1).equals("UTF8")) {
                throw new ConfigException(
                        "%s holds texts as %s, which cannot hold every text of a CRM; expected a database that was created with ENCODING 'UTF8'"
                                .formatted(kpi.url(), row.getString(1)));
            }
        } catch (SQLException e) {
            throw new ConfigException("Cannot connect to %s as %s: %s. crm-kpi doctor says more"
                    .formatted(kpi.url(), kpi.username(), e.getMessage()));
        }
        MigrateResult result = migrate(kpi.url(), kpi.username(), kpi.password());
        spec.commandLine()
                .getOut()
                .println(
                        result.migrationsExecuted == 0
                                ? "Schema crm_kpi is up to date"
                                : "Schema crm_kpi is now at version " + result.targetSchemaVersion);
        return 0;
    }

    /** Brings schema {@code crm_kpi} to the version that this jar needs. */
    static MigrateResult migrate(String jdbcUrl, String username, String password) {
        return Flyway.configure()
                .dataSource(jdbcUrl, username, password)
                .schemas("crm_kpi")
                .locations("classpath:sql/kpi")
                .load()
                .migrate();
    }
}
