package nl.rentguy.crm.kpi.crm;

import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_deals}.
 *
 * @param leadId the lead it came from; null when that is not known, or deleted
 * @param title null when the CRM does not send titles
 * @param valueCents the deal's value in hundredths of its currency's unit
 * @param currency a code in capitals, such as {@code EUR}; what is no code as the CRM writes it
 * @param expectedClose null when nobody has said, or a day so far off that it says as much
 * @param probability percent, 0 to 100
 * @param outcome what the CRM's status word means
 * @param createdAt microsecond precision
 * @param updatedAt when the CRM says that it wrote this version, microsecond precision
 * @param committedAt when this version was committed, microsecond precision; null for one that the snapshot read
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
        Outcome outcome,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant committedAt)
        implements CrmRow {

    /** What a status word means for the KPIs. */
    public enum Outcome {
        OPEN,
        WON,
        LOST
    }

    /** This version, with what was not sent of it as it was before. */
    public Deal after(@Nullable Deal before) {
        return !UNSENT.equals(title)
                ? this
                : new Deal(
                        id,
                        tenantId,
                        leadId,
                        pipelineId,
                        stageId,
                        before == null ? null : before.title,
                        valueCents,
                        currency,
                        expectedClose,
                        probability,
                        outcome,
                        createdAt,
                        updatedAt,
                        committedAt);
    }

    public boolean isOpen() {
        return outcome == Outcome.OPEN;
    }

    /** Value x probability, in ten-thousandths of the currency's unit. */
    public long weighted() {
        return Math.multiplyExact(valueCents, (long) probability);
    }
}
