package nl.rentguy.crm.kpi.crm;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the CRM's status words mean. Words are compared after {@link Letters#fold}. A word in none of the lists is that of an
 * open deal, or of a run that has not ended; it is counted and named, see {@link #knowsDeal} and {@link #knowsRun}.
 *
 * @param won of a deal
 * @param lost of a deal
 * @param open of a deal
 * @param completed of a run that ended well
 * @param failed of a run
 * @param cancelled of a run
 * @param unfinished of a run
 * @param done of a task that needs nobody any more
 */
public record StatusWords(
        List<String> won,
        List<String> lost,
        List<String> open,
        List<String> completed,
        List<String> failed,
        List<String> cancelled,
        List<String> unfinished,
        List<String> done)
        implements Serializable {

    public static final StatusWords DEFAULTS = new StatusWords(
            List.of("won"),
            List.of("lost", "closed_lost"),
            List.of("open"),
            List.of("completed", "succeeded", "success", "done"),
            List.of("failed", "error"),
            List.of("cancelled", "canceled"),
            List.of("queued", "pending", "running", "waiting"),
            List.of("done", "completed", "closed", "cancelled", "canceled"));

    /** The words folded, whatever letters they were written in. */
    public StatusWords {
        won = folded(won);
        lost = folded(lost);
        open = folded(open);
        completed = folded(completed);
        failed = folded(failed);
        cancelled = folded(cancelled);
        unfinished = folded(unfinished);
        done = folded(done);
    }

    private static List<String> folded(List<String> words) {
        return words.stream().map(Letters::fold).toList();
    }

    public Deal.Outcome deal(String status) {
        String word = Letters.fold(status);
        return won.contains(word) ? Deal.Outcome.WON : lost.contains(word) ? Deal.Outcome.LOST : Deal.Outcome.OPEN;
    }

    public AutomationRun.Status run(String status) {
        String word = Letters.fold(status);
        return completed.contains(word)
                ? AutomationRun.Status.COMPLETED
                : failed.contains(word)
                        ? AutomationRun.Status.FAILED
                        : cancelled.contains(word) ? AutomationRun.Status.CANCELLED : AutomationRun.Status.OPEN;
    }

    /** Whether a task with that status needs nobody any more. */
    public boolean isDone(String status) {
        return done.contains(Letters.fold(status));
    }

    /** Whether the word of a deal is in a list. */
    public boolean knowsDeal(String status) {
        return isIn(status, Stream.of(won, lost, open));
    }

    /** Whether the word of a run is in a list. */
    public boolean knowsRun(String status) {
        return isIn(status, Stream.of(completed, failed, cancelled, unfinished));
    }

    private static boolean isIn(String status, Stream<List<String>> lists) {
        String word = Letters.fold(status);
        return lists.anyMatch(list -> list.contains(word));
    }
}
