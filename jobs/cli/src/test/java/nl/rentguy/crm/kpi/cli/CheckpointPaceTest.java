package nl.rentguy.crm.kpi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How often state is saved. */
class CheckpointPaceTest {

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    @Test
    void littleStateIsSavedAsOftenAsIsAskedForAndMuchOfItLessOften() {
        assertThat(pause(Duration.ZERO)).isEqualTo(INTERVAL);
        assertThat(pause(Duration.ofMillis(50))).isEqualTo(INTERVAL);
        assertThat(pause(Duration.ofSeconds(3))).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void theSnapshotWaitsForNone() {
        assertThat(CheckpointPace.pause(INTERVAL, Optional.of(Duration.ofSeconds(3)), true))
                .isEqualTo(INTERVAL);
        assertThat(CheckpointPace.pause(INTERVAL, Optional.empty(), true)).isLessThan(INTERVAL);
    }

    private static Duration pause(Duration took) {
        return CheckpointPace.pause(INTERVAL, Optional.of(took), false);
    }
}
