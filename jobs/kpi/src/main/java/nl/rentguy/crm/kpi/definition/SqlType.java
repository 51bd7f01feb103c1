package nl.rentguy.crm.kpi.definition;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;

/**
 * The PostgreSQL types that KPI columns have. Their values in Java are {@link String}, {@link Integer}, {@link Long}, {@link
 * BigDecimal}, {@link LocalDate} and {@link Instant}; an array is its PostgreSQL text, such as {@code {ga4,gtm}}.
 */
public enum SqlType {
    TEXT("text"),
    TEXT_ARRAY("text[]"),
    INTEGER("integer"),
    BIGINT("bigint"),
    NUMERIC("numeric"),
    DATE("date"),
    TIMESTAMPTZ("timestamptz");

    private final String sqlName;

    SqlType(String sqlName) {
        this.sqlName = sqlName;
    }

    public String sqlName() {
        return sqlName;
    }
}
