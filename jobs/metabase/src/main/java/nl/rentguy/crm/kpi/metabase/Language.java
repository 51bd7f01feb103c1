package nl.rentguy.crm.kpi.metabase;

import java.util.Locale;

/** In which the dashboard's texts are. */
public enum Language {
    NL,
    EN;

    /** Such as {@code nl}, as in the dashboard's source and the names of folders. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
