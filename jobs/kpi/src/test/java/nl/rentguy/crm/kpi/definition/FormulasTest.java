package nl.rentguy.crm.kpi.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import nl.rentguy.crm.kpi.crm.RowChange;
import nl.rentguy.crm.kpi.engine.InMemoryTables;
import nl.rentguy.crm.kpi.engine.RecordedHistories;
import org.junit.jupiter.api.Test;

/**
 * A formula that changes has to change its version, or jobs that continue from saved state would go on with sums that the old one made.
 * {@code formulas.txt} says of each table which version derives what: a digest of the sums and rows that it makes of recorded histories.
 */
class FormulasTest {

    private static final int DIGITS = 16;
    private static final Duration LATER = Duration.ofDays(33);

    @Test
    void everyVersionDerivesWhatItAlwaysDid() throws Exception {
        List<String> now = new ArrayList<>();
        List<List<RowChange>> histories = RecordedHistories.read();
        for (Kpi kpi : Kpis.all(KpiSettings.DEFAULTS).list()) {
            now.add("%s %d %s".formatted(kpi.table().name(), kpi.version(), digest(kpi, histories)));
        }
        assertThat(now)
                .as(
                        "formulas.txt. Where a digest differs, another formula has the same version: raise Kpi.version() and write the line anew")
                .containsExactlyElementsOf(pinned());
    }

    @Test
    void anotherFormulaHasAnotherDigest() throws Exception {
        List<List<RowChange>> histories = RecordedHistories.read();
        KpiSettings defaults = KpiSettings.DEFAULTS;
        KpiSettings other = new KpiSettings(
                defaults.window().plusMillis(1),
                defaults.stale(),
                defaults.idle(),
                defaults.sla(),
                defaults.freezeDays(),
                defaults.timeZone(),
                defaults.defaultCurrency(),
                defaults.words(),
                defaults.moreColumns(),
                defaults.groups());
        assertThat(digest(new ActivityChannels(other), histories))
                .isNotEqualTo(digest(new ActivityChannels(defaults), histories));
    }

    private static List<String> pinned() throws IOException {
        try (InputStream file = Objects.requireNonNull(FormulasTest.class.getResourceAsStream("/formulas.txt"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }

    private static String digest(Kpi kpi, List<List<RowChange>> histories) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (List<RowChange> history : histories) {
            InMemoryTables tables = new InMemoryTables(new Kpis(KpiSettings.DEFAULTS, List.of(kpi)));
            long last = 0;
            for (RowChange change : history) {
                if (change.committedAt() > last) {
                    add(digest, tables, kpi, last);
                    tables.advance(change.committedAt() - 1);
                    add(digest, tables, kpi, change.committedAt() - 1);
                    last = change.committedAt();
                }
                tables.apply(change, change.committedAt());
            }
            long end = last + LATER.toMillis();
            tables.advance(end);
            add(digest, tables, kpi, end);
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    }

    /** What is there, whatever the order. */
    private static void add(MessageDigest digest, InMemoryTables tables, Kpi kpi, long at) throws Exception {
        List<String> lines = new ArrayList<>();
        tables.sums()
                .forEach((key, sums) -> sums.forEach((bucket, measures) -> lines.add(key + " " + bucket + measures)));
        tables.rows(kpi, Instant.ofEpochMilli(at)).forEach((key, values) -> lines.add(key + " = " + values));
        lines.sort(null);
        lines.forEach(line -> digest.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
    }
}
