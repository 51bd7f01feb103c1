package nl.rentguy.crm.kpi.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;

/** Metabase's own checks of what we ship, from npm, installed below {@code target} when they are first asked for. */
final class MetabaseTools {

    private static final Path FOLDER = Path.of("target/metabase-tools");

    private static final String[] PACKAGES = {"@metabase/representations@1.2.0", "@metabase/cli@0.3.1"};

    private MetabaseTools() {}

    private static Path installed() throws Exception {
        Path npm = Tools.require("npm");
        synchronized (MetabaseTools.class) {
            if (!Files.exists(FOLDER.resolve("node_modules/@metabase/cli/package.json"))) {
                Files.createDirectories(FOLDER);
                Tools.run(
                        FOLDER,
                        npm,
                        "install",
                        "--no-audit",
                        "--no-fund",
                        "--no-save",
                        "--ignore-scripts",
                        PACKAGES[0],
                        PACKAGES[1]);
            }
        }
        return FOLDER.resolve("node_modules/@metabase").toAbsolutePath();
    }

    /** What Metabase's schema has to say of the representation files in a folder. */
    static String validate(Path folder) throws Exception {
        return Tools.run(
                folder,
                Tools.require("node"),
                installed().resolve("representations/dist/bin/cli.js").toString(),
                "validate-schema",
                "--folder",
                folder.toAbsolutePath().toString());
    }

    /** The JSON schema of the body that a command of Metabase's own command line sends, such as {@code card create}. */
    static JsonNode requestSchema(String... command) throws Exception {
        String[] arguments = new String[command.length + 3];
        arguments[0] = installed().resolve("cli/dist/cli.mjs").toString();
        System.arraycopy(command, 0, arguments, 1, command.length);
        arguments[command.length + 1] = "--help";
        arguments[command.length + 2] = "--json";
        JsonNode help = new ObjectMapper().readTree(Tools.run(FOLDER, Tools.require("node"), arguments));
        JsonNode schema = help.path("inputSchema");
        if (!schema.path("properties").isObject()) {
            throw new AssertionError("Metabase's command line has no schema of " + String.join(" ", command));
        }
        return schema;
    }
}
