package nl.rentguy.crm.kpi.metabase;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.UUID;

/** Names that Metabase knows things by, the same at each push. */
final class Ids {

    private static final int NANO_ID = 21;

    private Ids() {}

    /** Metabase's entity id: 21 letters, digits, underscores and hyphens. */
    static String entity(String kind, Language language, String key) {
        return hash("%s/%s/%s".formatted(kind, language.code(), key)).substring(0, NANO_ID);
    }

    static String uuid(String key) {
        return UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** Of a text, in 43 letters, digits, underscores and hyphens. */
    static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
