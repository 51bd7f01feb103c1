package nl.rentguy.crm.kpi.config;

/** Wrong configuration; the message names the key, its value and the remedy, and never a password. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public ConfigException(String message) {
        super(message);
    }
}
