package nl.rentguy.crm.kpi.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import nl.rentguy.crm.kpi.cli.TenantRoles.TenantRole;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.PasswordFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code crm-kpi tenant}. */
@Command(
        name = "tenant",
        description = {
            "The database roles that read the figures of one tenant each, for a Metabase that tenants look at.",
            "add and remove make and drop roles, which takes a superuser: --set kpi.username=postgres --set kpi.password-file=FILE."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class TenantCommand {

    private static final String NOT_ALLOWED = "42501";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Command(
            name = "add",
            description = "Makes a role that reads one tenant's figures. Does nothing when it is there.",
            mixinStandardHelpOptions = true)
    int add(
            @Mixin ConfigArguments arguments,
            @Parameters(paramLabel = "TENANT", description = "The tenant, by the CRM's own name.") String tenant,
            @Option(
                            names = "--role",
                            paramLabel = "NAME",
                            description = "Name of the role. By default crm_kpi_tenant_ and the tenant's.")
                    @Nullable
                    String role,
            @Option(
                            names = "--role-password-file",
                            paramLabel = "FILE",
                            description = "Gives the role the password in that file.")
                    @Nullable
                    Path passwordFile)
            throws SQLException {
        if (tenant.isBlank()) {
            throw new ConfigException("TENANT is '%s'; expected the name of a tenant".formatted(tenant));
        }
        String name = role == null ? TenantRoles.nameFor(tenant) : role;
        String password = passwordFile == null ? null : PasswordFile.read(passwordFile);
        return on(arguments, roles -> {
            boolean changed = roles.add(tenant, name, password);
            boolean known = roles.list().stream().anyMatch(each -> each.role().equals(name) && each.known());
            out().println("Role %s %s tenant '%s'%s"
                    .formatted(
                            name,
                            changed ? "now reads" : "already reads",
                            tenant,
                            known ? "" : ", of which there are no figures yet"));
            if (changed && password == null) {
                out().println("It has no password yet: \\password %s in psql, or --role-password-file".formatted(name));
            }
        });
    }

    @Command(name = "list", description = "The roles and the tenants they read.", mixinStandardHelpOptions = true)
    int list(@Mixin ConfigArguments arguments) throws SQLException {
        return on(arguments, roles -> {
            List<TenantRole> all = roles.list();
            if (all.isEmpty()) {
                out().println("No role reads one tenant alone: crm-kpi tenant add");
            }
            for (TenantRole each : all) {
                out().println(each.tenant() + "  " + each.role() + (each.known() ? "" : "  no figures yet")
                        + (each.mayLogIn() ? "" : "  may not log in or read: crm-kpi tenant add again"));
            }
        });
    }

    @Command(
            name = "remove",
            description = "Drops the roles that read that tenant's figures. The figures stay.",
            mixinStandardHelpOptions = true)
    int remove(
            @Mixin ConfigArguments arguments,
            @Parameters(paramLabel = "TENANT", description = "The tenant, by the CRM's own name.") String tenant)
            throws SQLException {
        return on(arguments, roles -> {
            List<String> removed = roles.remove(tenant);
            if (removed.isEmpty()) {
                throw new ConfigException(
                        "No role reads tenant '%s'; expected one of those that crm-kpi tenant list names"
                                .formatted(tenant));
            }
            removed.forEach(role -> out().println("No longer reads tenant '%s': role %s".formatted(tenant, role)));
        });
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private interface Work {
        void on(TenantRoles roles) throws SQLException;
    }

    private static int on(ConfigArguments arguments, Work work) throws SQLException {
        Database kpi = Database.kpi(arguments.load());
        try (Connection connection = kpi.connect()) {
            work.on(new TenantRoles(connection));
            return 0;
        } catch (SQLException e) {
            if (!NOT_ALLOWED.equals(e.getSQLState())) {
                throw e;
            }
            throw new ConfigException(
                    "%s may not do that in %s: %s. Use a superuser of the KPI database: --set kpi.username=postgres --set kpi.password-file=FILE"
                            .formatted(kpi.username(), kpi.url(), e.getMessage()));
        }
    }
}
