package nl.rentguy.crm.kpi.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import nl.rentguy.crm.kpi.audit.Audit;
import nl.rentguy.crm.kpi.cli.CrmKpi;
import nl.rentguy.crm.kpi.cli.EmbeddedDatabase;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.definition.Kpi;
import nl.rentguy.crm.kpi.definition.KpiSettings;
import nl.rentguy.crm.kpi.definition.Kpis;

/** A JVM of its own that is measured. */
final class JobProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final int SHOWN = 10;

    private final Process process;
    private final Path log;

    private JobProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** A JVM with those arguments. */
    static JobProcess java(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new JobProcess(process, log);
    }

    /** {@code crm-kpi run} on that database, with its state in the folder, and the defaults but for those settings. */
    static JobProcess run(EmbeddedDatabase database, Path folder, Path log, List<String> settings) throws Exception {
        Path config = Files.writeString(folder.resolve("job.properties"), """
                crm.jdbc-url = %1$s
                kpi.jdbc-url = %1$s
                kpi.username = postgres
                state.dir = %2$s
                %3$s
                """.formatted(
                        database.jdbcUrl(), state(folder), String.join("\n", settings)));
        File jar = new File(
                CrmKpi.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        return java(log, "-jar", jar.toString(), "run", "--ui-port", "0", "--config", config.toString());
    }

    /** Where its state is. */
    static Path state(Path folder) {
        return folder.resolve("state");
    }

    long pid() {
        return process.pid();
    }

    /** CPU time of all its threads since it started. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    Path log() {
        return log;
    }

    /** Sends it a signal, such as STOP. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** Something that holds at some time. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws Exception;
    }

    /**
     * Waits until something holds.
     *
     * @throws IllegalStateException when the process ends before, or it takes too long
     */
    void await(Condition condition) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!condition.holds()) {
            if (!process.isAlive() || Instant.now().isAfter(deadline)) {
                throw new IllegalStateException("it does not get there:\n" + Files.readString(log));
            }
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
    }

    /** Waits until all that was committed until that instant is in the tables. */
    void awaitKpiTimeAfter(Instant instant, Connection kpi) throws Exception {
        await(() -> Audit.hasPassed(kpi, JobOptions.KPI_PIPELINE_NAME.defaultValue(), instant));
    }

    /** Asks it to stop, and waits until it has ended. */
    void stop() throws InterruptedException {
        process.destroy();
        process.waitFor();
    }

    /** Whether every row of every table is the oracle's; prints what is not. */
    static boolean equalsOracle(Connection crm, Connection kpi, PrintStream out) throws SQLException {
        boolean equal = true;
        for (Kpi table : new Kpis(KpiSettings.DEFAULTS).list()) {
            Audit.Result result = Audit.of(table.table(), KpiSettings.DEFAULTS, crm, kpi);
            out.printf(
                    "Oracle: %s, %,d rows, %d differences%n",
                    result.table(), result.rows(), result.differences().size());
            result.differences().stream().limit(SHOWN).forEach(out::println);
            equal &= result.differences().isEmpty();
        }
        return equal;
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
