package nl.rentguy.crm.kpi.crm;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * One version of a row of {@code crm_acquisition_metrics}: what one source of one channel brought on one day.
 *
 * @param channel such as {@code Organic Search}; null or blank when nobody knows
 * @param source such as {@code google}; null or blank when nobody knows
 * @param gaConversionCents value of the conversions that Google Analytics saw, hundredths of the tenant's default currency
 * @param gtmConversionCents the same for those of Google Tag Manager
 * @param gaPropertyId null when the figures are not of Google Analytics
 * @param gtmContainerId null when the figures are not of Google Tag Manager
 */
public record AcquisitionMetric(
        long id,
        String tenantId,
        @Nullable String channel,
        @Nullable String source,
        LocalDate capturedDate,
        long sessions,
        long newUsers,
        long engagedSessions,
        long gaConversions,
        long gaConversionCents,
        long gtmConversions,
        long gtmConversionCents,
        @Nullable String gaPropertyId,
        @Nullable String gtmContainerId)
        implements CrmRow, Entity {

    /** This version, with what was not sent of it as it was before. */
    public AcquisitionMetric after(@Nullable AcquisitionMetric before) {
        return new AcquisitionMetric(
                id,
                tenantId,
                CrmRow.sent(channel, before == null ? null : before.channel),
                CrmRow.sent(source, before == null ? null : before.source),
                capturedDate,
                sessions,
                newUsers,
                engagedSessions,
                gaConversions,
                gaConversionCents,
                gtmConversions,
                gtmConversionCents,
                gaPropertyId,
                gtmContainerId);
    }
}
