package nl.rentguy.crm.kpi.cli;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.Database;
import nl.rentguy.crm.kpi.config.PasswordFile;
import nl.rentguy.crm.kpi.metabase.Language;
import nl.rentguy.crm.kpi.metabase.MetabaseException;
import nl.rentguy.crm.kpi.metabase.Push;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code crm-kpi metabase}. */
@Command(
        name = "metabase",
        description = "The dashboard in Metabase.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class MetabaseCommand {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Command(
            name = "push",
            description = {
                "Makes the dashboard in a Metabase server: database connection, collection, cards, filters, alert, weekly subscription.",
                "Done twice it changes nothing. What a person has changed is kept. The API key is in METABASE_API_KEY or a file."
            },
            mixinStandardHelpOptions = true)
    int push(
            @Mixin ConfigArguments arguments,
            @Option(names = "--url", required = true, paramLabel = "URL", description = "Of the Metabase server.")
                    URI url,
            @Option(
                            names = "--api-key-file",
                            paramLabel = "FILE",
                            description = "A file that holds the API key and nothing else.")
                    @Nullable
                    Path keyFile,
            @Option(
                            names = "--language",
                            defaultValue = "NL",
                            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
                    Language language,
            @Option(
                            names = "--collection",
                            paramLabel = "NAME",
                            description = "Name of the collection (default: CRM KPI).")
                    @Nullable
                    String collection,
            @Option(
                            names = "--connection",
                            paramLabel = "NAME",
                            description =
                                    "Name of the database connection in Metabase, which is made where there is none (default: CRM KPI).")
                    @Nullable
                    String connection,
            @Option(
                            names = "--user",
                            paramLabel = "ROLE",
                            defaultValue = "crm_kpi_reader",
                            description =
                                    "The role of a new connection: one that reads all tenants, or one (default: ${DEFAULT-VALUE}).")
                    String user,
            @Option(
                            names = "--password-file",
                            paramLabel = "FILE",
                            description = "A file that holds its password and nothing else.")
                    @Nullable
                    Path passwordFile,
            @Option(
                            names = "--host",
                            paramLabel = "HOST",
                            description =
                                    "The KPI database's server as Metabase reaches it (default: that of kpi.jdbc-url).")
                    @Nullable
                    String host,
            @Option(names = "--port", paramLabel = "PORT", description = "Likewise its port.") @Nullable Integer port,
            @Option(
                            names = "--slack-channel",
                            paramLabel = "CHANNEL",
                            description =
                                    "Where alert and weekly subscription go, such as #mrdj-ops; without it there are none.")
                    @Nullable
                    String slackChannel,
            @Option(names = "--dry-run", description = "Tells what it would do, and changes nothing.") boolean dryRun,
            @Option(names = "--force", description = "Overwrites what a person has changed.") boolean force) {
        Database kpi = Database.kpi(arguments.load());
        Push.Target target =
                new Push.Target(checked(url), key(keyFile), language, collection, slackChannel, dryRun, force);
        Push.Connection to = new Push.Connection(
                connection,
                host == null ? kpi.host() : host,
                port == null ? kpi.port() : port,
                kpi.name(),
                user,
                passwordFile == null ? "" : PasswordFile.read(passwordFile));
        try {
            PrintWriter out = spec.commandLine().getOut();
            int changes = Push.push(target, to, out);
            out.println(
                    changes == 0
                            ? "Nothing to change"
                            : "%d changes%s".formatted(changes, dryRun ? " would be made" : ""));
            out.flush();
            return 0;
        } catch (MetabaseException e) {
            throw new ConfigException(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static URI checked(URI url) {
        if (!("http".equals(url.getScheme()) || "https".equals(url.getScheme())) || url.getHost() == null) {
            throw new ConfigException(
                    "--url is '%s'; expected one such as https://metabase.example.com".formatted(url));
        }
        return url;
    }

    private static String key(@Nullable Path file) {
        String key = file == null ? System.getenv().getOrDefault("METABASE_API_KEY", "") : PasswordFile.read(file);
        if (key.isBlank()) {
            throw new ConfigException(
                    "There is no API key: set METABASE_API_KEY, or --api-key-file. Metabase makes one under Admin settings, Authentication, API keys");
        }
        return key;
    }
}
