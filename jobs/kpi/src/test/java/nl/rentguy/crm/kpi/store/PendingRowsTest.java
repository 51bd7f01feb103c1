package nl.rentguy.crm.kpi.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of each key the latest row counts, and none before its time. */
class PendingRowsTest {

    private final PendingRows pending = new PendingRows();

    private static TableRow row(String key, long value, long asOf) {
        return new TableRow("t", List.of("mrdj", key), Arrays.asList(value), asOf);
    }

    private static TableRow gone(String key, long asOf) {
        return new TableRow("t", List.of("mrdj", key), null, asOf);
    }

    @Test
    void ofEachKeyTheLatestThatIsDueIsTaken() {
        pending.add(row("a", 1, 20));
        pending.add(row("b", 1, 20));
        pending.add(row("a", 2, 40));
        pending.add(row("a", 3, 60));
        assertThat(pending.takeUntil(40)).containsExactlyInAnyOrder(row("a", 2, 40), row("b", 1, 20));
        assertThat(pending.takeUntil(50)).isEmpty();
        assertThat(pending.takeUntil(60)).containsExactly(row("a", 3, 60));
    }

    @Test
    void ofTwoAtTheSameTimeTheOneThatCameLaterCounts() {
        pending.add(row("a", 1, 20));
        pending.add(row("a", 2, 20));
        pending.add(gone("b", 20));
        pending.add(row("b", 3, 20));
        assertThat(pending.takeUntil(20)).containsExactly(row("a", 2, 20), row("b", 3, 20));
    }

    @Test
    void whatIsGoneIsTakenBehindWhatItWas() {
        pending.add(row("a", 1, 20));
        pending.add(gone("a", 20));
        pending.add(row("b", 1, 20));
        pending.add(gone("b", 40));
        pending.add(gone("c", 20));
        pending.add(row("c", 1, 40));
        pending.add(gone("c", 60));
        pending.compact(40);
        assertThat(pending.takeUntil(60))
                .containsExactly(
                        row("a", 1, 20), gone("a", 20), row("b", 1, 20), gone("b", 40), row("c", 1, 40), gone("c", 60));
    }

    @Test
    void aKeyOfAnotherTableIsAnother() {
        pending.add(row("a", 1, 20));
        TableRow other = new TableRow("u", List.of("mrdj", "a"), null, 20);
        pending.add(other);
        assertThat(pending.takeUntil(20)).containsExactlyInAnyOrder(row("a", 1, 20), other);
    }

    @Test
    void compactingForgetsWhatIsReplaced() {
        pending.add(row("a", 1, 20));
        pending.add(row("a", 2, 40));
        pending.add(row("a", 3, 60));
        pending.compact(40);
        assertThat(pending.all()).containsExactly(row("a", 2, 40), row("a", 3, 60));
    }
}
