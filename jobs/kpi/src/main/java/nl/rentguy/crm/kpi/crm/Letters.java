package nl.rentguy.crm.kpi.crm;

/**
 * The one rule by which texts of the CRM are compared, in Java as in SQL ({@code crm_kpi.fold}, {@code oracle.fold}) and
 * whatever the collation of a database or the locale of a machine.
 */
public final class Letters {

    /** Texts that tell KPI rows apart count up to so many characters (code points), so that every key fits into an index. */
    public static final int MOST_IN_KEY = 200;

    private static final int FINAL_SIGMA = 0x3C2;
    private static final int SIGMA = 0x3C3;
    private static final int FIRST_AFTER_CYRILLIC = 0x530;

    private Letters() {}

    /**
     * In lower case: each Latin, Greek or Cyrillic letter (up to U+052F) becomes its small letter, one for one, a final
     * sigma becomes a sigma, and everything else stays.
     */
    public static String fold(String text) {
        int[] folded = text.codePoints().map(Letters::fold).toArray();
        return new String(folded, 0, folded.length);
    }

    private static int fold(int letter) {
        return letter == FINAL_SIGMA ? SIGMA : letter < FIRST_AFTER_CYRILLIC ? Character.toLowerCase(letter) : letter;
    }

    /** Without the spaces around it, as SQL's {@code trim} does. */
    public static String trimmed(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && text.charAt(from) == ' ') {
            from++;
        }
        while (from < to && text.charAt(to - 1) == ' ') {
            to--;
        }
        return text.substring(from, to);
    }

    /** Its first {@link #MOST_IN_KEY} characters, as SQL's {@code left} does. */
    public static String ofKey(String text) {
        return text.codePointCount(0, text.length()) <= MOST_IN_KEY
                ? text
                : text.substring(0, text.offsetByCodePoints(0, MOST_IN_KEY));
    }

    /** A currency's code, three letters from A to Z, in capitals; a text that is none as it is. */
    public static String currency(String text) {
        return text.matches("[A-Za-z]{3}") ? text.toUpperCase(java.util.Locale.ROOT) : ofKey(text);
    }
}
