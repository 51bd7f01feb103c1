package nl.rentguy.crm.kpi.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds a password and nothing else. */
public final class PasswordFile {

    private PasswordFile() {}

    /**
     * The password, with the blanks it may begin or end with, without the line's end that editors add.
     *
     * @throws ConfigException when there is no such file, or it may not be read
     */
    public static String read(Path file) {
        try {
            return Files.readString(file).replaceFirst("\\R\\z", "");
        } catch (IOException e) {
            throw new ConfigException(
                    "The file '%s' cannot be read here: %s; expected one that holds a password or key, and nothing else"
                            .formatted(file, e.getClass().getSimpleName()));
        }
    }
}
