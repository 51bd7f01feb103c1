package nl.rentguy.crm.kpi.cdc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * What could not be taken in, as it is kept in {@code crm_kpi_dead_letters}.
 *
 * @param source table of the CRM; of a KPI row {@code crm_kpi} and its table
 * @param position LSN in the CRM's log; 0 in the snapshot and of KPI rows
 * @param reason a word of {@link UndecodableChangeException.Reason}, or {@code refused_by_database}
 * @param payload the columns that were read, as JSON; personal data is never among them
 * @param payloadSha256 of the payload, in hexadecimal
 */
public record DeadLetter(
        String source, long position, String reason, String message, String payload, String payloadSha256) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public static DeadLetter of(RawChange raw, UndecodableChangeException refused, CaptureSpec captured) {
        Map<String, String> columns = new TreeMap<>(raw.columns());
        columns.keySet().retainAll(captured.columns(raw.table()));
        columns.remove(CaptureSpec.TITLE);
        try {
            String payload = JSON.writeValueAsString(columns);
            return new DeadLetter(
                    raw.table(),
                    raw.position(),
                    refused.reason().word(),
                    refused.explanation(),
                    payload,
                    sha256(payload));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("texts by name are always JSON", e);
        }
    }

    /**
     * A KPI row that the KPI database did not take.
     *
     * @param source {@code crm_kpi} and the table
     * @param key the row's key, as JSON
     * @param message what the database said
     */
    public static DeadLetter refusedByDatabase(String source, String key, String message) {
        return new DeadLetter(source, 0, "refused_by_database", message, key, sha256(key));
    }

    /** The same for the same event, however often it is read. */
    public String id() {
        return sha256(source + '\n' + position + '\n' + payload);
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
