package nl.rentguy.crm.kpi.cli;

import java.util.Locale;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.JobVersion;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line, {@code crm-kpi}. Exit codes: 0 fine, 1 a check failed, 2 wrong use or configuration. */
@Command(
        name = "crm-kpi",
        description = "KPI tables that follow a CRM's change log: always equal to a batch query, a heartbeat fresh.",
        mixinStandardHelpOptions = true,
        version = "crm-kpi " + JobVersion.CURRENT,
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            MigrateCommand.class,
            DoctorCommand.class,
            TenantCommand.class,
            MetricsCommand.class,
            MetabaseCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
public final class CrmKpi {

    private CrmKpi() {}

    public static void main(String[] args) {
        // Numbers in settings and addresses are written in these digits, whatever the machine's language.
        Locale.setDefault(Locale.ROOT);
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new CrmKpi()).setExecutionExceptionHandler((exception, command, parsed) -> {
            boolean wrongUse = exception instanceof ConfigException;
            command.getErr().println("crm-kpi: " + (wrongUse ? exception.getMessage() : exception.toString()));
            if (!wrongUse) {
                exception.printStackTrace(command.getErr());
            }
            return wrongUse ? 2 : 1;
        });
    }
}
