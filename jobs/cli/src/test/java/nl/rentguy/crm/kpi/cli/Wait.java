package nl.rentguy.crm.kpi.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for a condition, with a deadline. */
final class Wait {

    private static final Duration DEADLINE = Duration.ofMinutes(2);

    private Wait() {}

    static void until(String what, Callable<Boolean> condition) throws Exception {
        Instant deadline = Instant.now().plus(DEADLINE);
        while (!condition.call()) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("not within " + DEADLINE + ": " + what);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
