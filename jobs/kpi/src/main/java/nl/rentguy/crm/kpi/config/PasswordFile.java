package nl.rentguy.crm.kpi.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds a password and nothing else. */
public final class PasswordFile {

    private PasswordFile() {}

    /** The password, with the blanks it may begin or end with, without the line's end that editors add. */
    public static String read(Path file) throws IOException {
        return Files.readString(file).replaceFirst("\\R\\z", "");
    }
}
