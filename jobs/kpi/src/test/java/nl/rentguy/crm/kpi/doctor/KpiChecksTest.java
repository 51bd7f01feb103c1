package nl.rentguy.crm.kpi.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import nl.rentguy.crm.kpi.config.JobVersion;
import org.junit.jupiter.api.Test;

/** What is written down twice is the same in both places. */
class KpiChecksTest {

    @Test
    void theSchemaThatIsAskedForIsTheNewestMigration() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("../../sql/kpi"))) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.startsWith("V"))
                            .mapToInt(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
                            .max())
                    .hasValue(Integer.parseInt(KpiChecks.SCHEMA_VERSION));
        }
    }

    @Test
    void theVersionIsThatOfTheBuild() throws Exception {
        assertThat(Files.readString(Path.of("../../pom.xml"))).contains("<version>" + JobVersion.CURRENT);
    }
}
