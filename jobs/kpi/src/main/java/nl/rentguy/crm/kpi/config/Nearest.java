package nl.rentguy.crm.kpi.config;

import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** What somebody who mistyped a name may have meant. */
final class Nearest {

    private Nearest() {}

    /** The known name that the fewest edits lead to. */
    static String to(String name, Stream<String> known) {
        return known.min(Comparator.comparing(
                        candidate -> LevenshteinDistance.getDefaultInstance().apply(candidate, name)))
                .orElseThrow();
    }
}
