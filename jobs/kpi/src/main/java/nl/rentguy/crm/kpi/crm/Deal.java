package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_deals}.
 *
 * @param leadId the lead it came from; null when that is not known, or deleted
 * @param title null when the CRM does not send titles
 * @param valueCents the deal's value in hundredths of its currency's unit
 * @param currency as the CRM writes it, such as {@code EUR}
 * @param expectedClose null when nobody has said
 * @param probability percent, 0 to 100
 * @param status the CRM's word, in its own case
 * @param createdAt microsecond precision
 * @param updatedAt when the CRM wrote this version, microsecond precision
 */
public record Deal(
        long id,
        String tenantId,
        @Nullable Long leadId,
        long pipelineId,
        long stageId,
        @Nullable String title,
        long valueCents,
        String currency,
        @Nullable LocalDate expectedClose,
        int probability,
        String status,
        Instant createdAt,
        Instant updatedAt) {

    /** What a status word means for the KPIs. */
    public enum Outcome {
        OPEN,
        WON,
        LOST
    }

    /** {@code won} is won; {@code lost} and {@code closed_lost} are lost; any other word is open. Case does not matter. */
    public Outcome outcome() {
        return switch (status.toLowerCase(Locale.ROOT)) {
            case "won" -> Outcome.WON;
            case "lost", "closed_lost" -> Outcome.LOST;
            default -> Outcome.OPEN;
        };
    }

    public boolean isOpen() {
        return outcome() == Outcome.OPEN;
    }

    /** Value x probability, in ten-thousandths of the currency's unit. */
    public long weighted() {
        return Math.multiplyExact(valueCents, (long) probability);
    }
}
