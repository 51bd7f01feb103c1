package nl.rentguy.crm.kpi.laptop.sim;

import java.util.List;
import java.util.Random;

/** The vocabulary of a Dutch event company, and how to draw from it. */
final class Words {

    static final List<String> TENANTS =
            List.of("mrdj", "feestkompas", "noorderlicht-events", "sound-and-more", "brabant-feest", "studio-delta");
    static final List<String> SOURCES = List.of("mr-dj.nl", "referral_partner", "google", "instagram", "bruidsbeurs");
    static final List<String> OCCASIONS =
            List.of("Wedding", "Company party", "Birthday 50", "Festival stage", "School gala", "New Year's party");
    static final List<String> WORKFLOWS =
            List.of("lead-intake", "quote-follow-up", "contract-reminder", "invoice-send", "review-request");
    static final List<String> ACTIVITIES = List.of("call", "email", "meeting", "whatsapp");
    static final List<String> CHANNELS = List.of("Organic Search", "Paid Search", "Direct", "Social");

    private Words() {}

    static <T> T any(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** Mostly euros, as for a Dutch company, with a few jobs across the borders. */
    static String currency(Random random) {
        int draw = random.nextInt(100);
        return draw < 94 ? "EUR" : draw < 98 ? "GBP" : "CHF";
    }

    /** 350 to some 9,000, with cents. */
    static long valueCents(Random random) {
        double spread = Math.exp(random.nextGaussian() * 0.6);
        return 35_000 + Math.round(120_000 * spread);
    }
}
