package nl.rentguy.crm.kpi.cli.sim;

import java.util.List;
import java.util.Locale;
import java.util.Random;

/** The vocabulary of a Dutch event company, and how to draw from it. */
final class Words {

    static final List<String> TENANTS =
            List.of("mrdj", "feestkompas", "noorderlicht-events", "sound-and-more", "brabant-feest", "studio-delta");
    static final List<String> SOURCES = List.of("mr-dj.nl", "referral_partner", "google", "instagram", "bruidsbeurs");
    static final List<String> OCCASIONS =
            List.of("Wedding", "Company party", "Birthday 50", "Festival stage", "School gala", "New Year's party");
    static final List<String> WORKFLOWS =
            List.of("lead_intake", "proposal_followup", "post_event_care", "contract_reminder", "invoice_send");
    static final List<String> ACTIVITIES = List.of("call", "email", "meeting", "whatsapp");
    static final List<String> CHANNELS = List.of("Organic Search", "Paid Search", "Direct", "Social");

    private Words() {}

    static <T> T any(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** Mostly euros, as for a Dutch company, with a few jobs across the borders; whoever imports deals writes them as he likes. */
    static String currency(Random random) {
        int draw = random.nextInt(100);
        return draw < 84 ? "EUR" : draw < 94 ? "eur" : draw < 98 ? "GBP" : "Chf";
    }

    /** The word in the letters of whoever wrote it. */
    static String status(Random random, String word) {
        int draw = random.nextInt(10);
        return draw < 8
                ? word
                : draw == 8
                        ? word.toUpperCase(Locale.ROOT)
                        : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }

    /** 350 to some 9,000, with cents. */
    static long valueCents(Random random) {
        double spread = Math.exp(random.nextGaussian() * 0.6);
        return 35_000 + Math.round(120_000 * spread);
    }
}
