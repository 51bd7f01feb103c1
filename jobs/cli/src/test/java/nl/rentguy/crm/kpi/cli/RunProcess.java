package nl.rentguy.crm.kpi.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code crm-kpi run} as a process of its own, so that it can be killed. */
final class RunProcess implements AutoCloseable {

    private final Process process;
    private final Path log;

    private RunProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    private static RunProcess start(Path log, String logLevel, List<String> jvm, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                // It lives for seconds.
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
                "-Dcrm.kpi.log.level=" + logLevel,
                "-Dfile.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                CrmKpi.class.getName(),
                "run",
                "--ui-port",
                "0"));
        command.addAll(1, jvm);
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        return new RunProcess(process, log);
    }

    /** The job over both databases, on a configuration file in the folder, where its log is too. */
    static RunProcess on(CrmAndTables tables, Path folder, String... arguments) throws IOException {
        return at(tables.jdbcUrl(), tables.kpiUrl(), folder, arguments);
    }

    /** As {@link #on}, with settings such as {@code kpi.window-days=45}. */
    static RunProcess setting(CrmAndTables tables, Path folder, String... settings) throws IOException {
        List<String> arguments = new ArrayList<>();
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return on(tables, folder, arguments.toArray(new String[0]));
    }

    static RunProcess at(String crmUrl, String kpiUrl, Path folder, String... arguments) throws IOException {
        return at("WARN", crmUrl, kpiUrl, folder, arguments);
    }

    /** As {@link #on}, with all that Flink has to say in the log. */
    static RunProcess verboselyOn(CrmAndTables tables, Path folder, String... arguments) throws IOException {
        return at("INFO", tables.jdbcUrl(), tables.kpiUrl(), folder, arguments);
    }

    private static RunProcess at(String logLevel, String crmUrl, String kpiUrl, Path folder, String... arguments)
            throws IOException {
        Path config = Files.writeString(
                folder.resolve("job.properties"), """
                crm.jdbc-url = %s
                kpi.jdbc-url = %s
                kpi.username = postgres
                state.dir = %s
                state.checkpoint-interval = 500 ms
                cdc.split-size = 1000
                """.formatted(crmUrl, kpiUrl, folder.resolve("state")));
        List<String> all = new ArrayList<>(List.of("--config", config.toString()));
        all.addAll(List.of(arguments));
        return start(folder.resolve("run.log"), logLevel, List.of(), all);
    }

    /** With that folder for its state, in a JVM with those options. */
    static RunProcess with(CrmAndTables tables, Path folder, String stateDir, List<String> jvm) throws IOException {
        return start(
                folder.resolve("run.log"),
                "WARN",
                jvm,
                List.of(
                        "--set",
                        "crm.jdbc-url=" + tables.jdbcUrl(),
                        "--set",
                        "kpi.jdbc-url=" + tables.kpiUrl(),
                        "--set",
                        "kpi.username=postgres",
                        "--set",
                        "state.checkpoint-interval=500 ms",
                        "--set",
                        "state.dir=" + stateDir));
    }

    String output() throws IOException {
        return Files.readString(log);
    }

    /** Sends it a signal, such as STOP. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void awaitKpiTimeAfter(Instant instant, CrmAndTables tables) throws Exception {
        Wait.until("KPI time passes " + instant, () -> {
            if (!isAlive()) {
                throw new AssertionError("the process has ended:\n" + output());
            }
            return tables.kpiTimeHasPassed(instant);
        });
    }

    void awaitOutput(String text) throws Exception {
        Wait.until("the process tells: " + text, () -> output().contains(text));
    }

    /** Waits until it ends by itself; the exit code. */
    int awaitEnd() throws Exception {
        Wait.until("the process ends", () -> !isAlive());
        return process.exitValue();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM; the exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the process did not stop");
        }
        return process.exitValue();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
