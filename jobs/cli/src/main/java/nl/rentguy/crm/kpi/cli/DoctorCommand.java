package nl.rentguy.crm.kpi.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.doctor.Doctor;
import nl.rentguy.crm.kpi.doctor.Doctor.Start;
import nl.rentguy.crm.kpi.doctor.Finding;
import nl.rentguy.crm.kpi.doctor.Finding.Severity;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code crm-kpi doctor}. */
@Command(
        name = "doctor",
        description = {
            "Checks both databases and says how each finding is mended. Changes nothing.",
            "Exit code 1 when something would keep the job from running."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    private ConfigArguments arguments = new ConfigArguments();

    @Option(names = "--json", description = "Prints the findings as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Configuration config = arguments.load();
        List<Finding> findings = Doctor.examine(config, start(config));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(findings));
        } else {
            print(findings, Severity.OK, out);
        }
        return Doctor.hasErrors(findings) ? 1 : 0;
    }

    private static Start start(Configuration config) throws IOException {
        String stateDir = config.get(JobOptions.STATE_DIR);
        return stateDir == null ? Start.ANEW : start(SavedState.in(stateDir), config);
    }

    private static Start start(SavedState saved, Configuration config) throws IOException {
        return saved.isInUse() ? Start.RUNNING : atStart(saved, config);
    }

    /** What {@code run} does, given what is in the folder. */
    static Start atStart(SavedState saved, Configuration config) throws IOException {
        return saved.newest().isPresent()
                ? Start.CONTINUE
                : saved.wasBegun(JobOptions.slotName(config)) ? Start.AGAIN : Start.ANEW;
    }

    /** Those at least that severe, each in a line, with its remedy below. */
    static void print(List<Finding> findings, Severity least, PrintWriter out) {
        int width = findings.stream()
                .mapToInt(finding -> finding.check().length())
                .max()
                .orElse(0);
        for (Finding finding : findings) {
            if (finding.severity().compareTo(least) >= 0) {
                out.println("%-7s  %s  %s"
                        .formatted(
                                finding.severity().name().toLowerCase(Locale.ROOT),
                                finding.check()
                                        + " ".repeat(width - finding.check().length()),
                                finding.message()));
                finding.remedies().forEach(remedy -> out.println(" ".repeat(9 + width + 2) + "-> " + remedy));
            }
        }
        out.flush();
    }
}
