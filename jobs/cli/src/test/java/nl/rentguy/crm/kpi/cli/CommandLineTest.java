package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Wrong use is told in a line that names value and remedy, with exit code 2. */
class CommandLineTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = CrmKpi.commandLine();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return line.execute(arguments);
    }

    @Test
    void helpIsThereOnEveryLevel() {
        assertThat(run("--help")).isZero();
        assertThat(run("demo", "--help")).isZero();
        assertThat(out.toString()).contains("demo", "--duration", "--verify", "--pg-port");
    }

    @Test
    void aTakenPortIsNamedWithItsRemedy() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(run("demo", "--ui-port", Integer.toString(taken.getLocalPort())))
                    .isEqualTo(2);
            assertThat(err.toString())
                    .isEqualToIgnoringNewLines(
                            "crm-kpi: Port %d is taken: end what listens there, or choose another with --ui-port (0 for any)"
                                    .formatted(taken.getLocalPort()));
        }
    }

    @Test
    void wrongValuesAreNamed() {
        assertThat(run("demo", "--duration", "soon")).isEqualTo(2);
        assertThat(run("demo", "--duration", "30")).isEqualTo(2);
        assertThat(run("demo", "--pg-port", "5555", "--ui-port", "5555")).isEqualTo(2);
        assertThat(run("demo", "--rate", "0")).isEqualTo(2);
        assertThat(run("demo", "--pg-port", "70000")).isEqualTo(2);
        assertThat(run("demo", "--verify")).isEqualTo(2);
        assertThat(run("demo", "--speed", "3")).isEqualTo(2);
        assertThat(run("dance")).isEqualTo(2);
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "--duration is 'soon'",
                        "--duration is '30'",
                        "both 5555",
                        "--rate is 0",
                        "--pg-port is 70000",
                        "--verify compares at the end")
                .contains("--speed", "dance", "Missing required subcommand");
    }
}
