package nl.rentguy.crm.kpi.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs that are not of Maven's: where there are none a test is skipped and says so, but never where {@code CI} is set. */
final class Tools {

    private Tools() {}

    /** Of those names the first that is found, on the path or where Debian has it. */
    static Path require(String... names) {
        Optional<Path> found = Arrays.stream(names)
                .flatMap(Tools::places)
                .filter(Files::isExecutable)
                .findFirst();
        boolean must = Boolean.parseBoolean(System.getenv("CI"));
        if (found.isEmpty() && must) {
            throw new AssertionError("CI needs one of " + String.join(", ", names));
        }
        assumeTrue(found.isPresent(), "skipped, as there is no " + String.join(" or ", names));
        return found.orElseThrow();
    }

    private static Stream<Path> places(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin" + File.pathSeparator
                + "/usr/bin";
        return Arrays.stream(path.split(File.pathSeparator, -1)).map(folder -> Path.of(folder, name));
    }

    /**
     * What a program prints that ends by itself.
     *
     * @throws AssertionError with that, when it does not end well
     */
    static String run(Path folder, Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + "\n" + output);
        }
        return output;
    }
}
