package nl.rentguy.crm.kpi.config;

/** The version of this application. */
public final class JobVersion {

    public static final String CURRENT = "0.1.0";

    private JobVersion() {}
}
