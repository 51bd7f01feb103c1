package nl.rentguy.crm.kpi.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.config.ConfigException;
import nl.rentguy.crm.kpi.config.JobOptions;
import nl.rentguy.crm.kpi.config.JobOptions.StateBackend;
import org.apache.flink.util.FileUtils;

/** What runs have left in {@code state.dir}: savepoints of stopped ones, checkpoints of killed ones. */
record SavedState(Path folder) {

    /** What no part of its path may have: Flink takes a folder's name apart at some of them, and turns others round. */
    private static final Pattern NOT_IN_PATH = Pattern.compile("[,:\\\\]");

    /**
     * As configured.
     *
     * @throws ConfigException when that is no path, or one that Flink cannot take
     */
    static SavedState in(String folder) {
        try {
            Path path = Path.of(folder).toAbsolutePath();
            if (!NOT_IN_PATH.matcher(path.toString()).find() || File.separatorChar != '/') {
                return new SavedState(path);
            }
        } catch (InvalidPathException e) {
            throw new ConfigException(
                    "state.dir is '%s', which this JVM cannot name (%s): start it with LC_ALL=C.UTF-8, or choose another folder"
                            .formatted(folder, e.getReason()));
        }
        throw new ConfigException(
                "state.dir is '%s'; expected a path without comma, colon and backslash".formatted(folder));
    }

    /** The path as Flink reads it: not encoded, whatever is in it. */
    static String address(Path path) {
        return new org.apache.flink.core.fs.Path(path.toUri()).toString();
    }

    Path checkpoints() {
        return folder.resolve("checkpoints");
    }

    Path savepoints() {
        return folder.resolve("savepoints");
    }

    /**
     * Makes this process the only one that uses the folder.
     *
     * @return the lock, to be held; it ends with the process
     * @throws ConfigException when another does
     */
    FileLock lock() throws IOException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new ConfigException(
                    "state.dir is '%s', which another crm-kpi run is using: end it first, or give this one a folder and a cdc.slot-name of its own"
                            .formatted(folder));
        }
        return lock;
    }

    /** Deletes all of it but the lock. */
    void discard() throws IOException {
        FileUtils.deleteDirectory(checkpoints().toFile());
        FileUtils.deleteDirectory(savepoints().toFile());
    }

    /** Notes that a job with that slot, and with its state there, was started here. */
    void begin(String slot, StateBackend backend) throws IOException {
        Files.writeString(slotFile(), slot);
        Files.writeString(backendFile(), backend.toString());
    }

    /**
     * Whether it can be continued with state there. A savepoint can always; a checkpoint by what made it alone.
     *
     * @throws ConfigException when it cannot
     */
    void checkContinues(Path from, StateBackend backend) throws IOException {
        if (!from.startsWith(checkpoints()) || !Files.exists(backendFile())) {
            return;
        }
        String made = Files.readString(backendFile());
        if (!made.equals(backend.toString())) {
            throw new ConfigException(
                    "%1$s is '%2$s', and the last run, which was killed, left a checkpoint of '%3$s' alone: run once more with %1$s = %3$s and stop it, which leaves a savepoint; that continues with any"
                            .formatted(JobOptions.STATE_BACKEND.key(), backend, made));
        }
    }

    private Path backendFile() {
        return folder.resolve("backend");
    }

    /** Whether a job with that slot was started here before, whatever became of it. */
    boolean wasBegun(String slot) throws IOException {
        return Files.exists(slotFile()) && Files.readString(slotFile()).equals(slot);
    }

    private Path slotFile() {
        return folder.resolve("slot");
    }

    /** Whether a process uses the folder now. */
    boolean isInUse() throws IOException {
        Path file = folder.resolve("lock");
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        }
    }

    /** The folder for what Flink keeps while it runs. */
    Path temporaryFolder() {
        return folder.resolve("tmp");
    }

    /** The same, empty. */
    Path freshTemporaryFolder() throws IOException {
        Path temporary = temporaryFolder();
        FileUtils.deleteDirectory(temporary.toFile());
        return Files.createDirectories(temporary);
    }

    /** What Flink has to say. */
    Path logFile() {
        return folder.resolve("crm-kpi.log");
    }

    /** The newest complete savepoint or checkpoint; empty when there is none. */
    Optional<Path> newest() throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        // The metadata file is written last: where it is, the rest is complete.
        try (Stream<Path> files = Files.find(folder, 4, (file, attributes) -> attributes.isRegularFile())) {
            return files.filter(file -> file.endsWith("_metadata"))
                    .max(Comparator.comparing(SavedState::modified))
                    .map(Path::getParent);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
