package nl.rentguy.crm.kpi.crm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What entities keep many of behaves as plain collections do, and what was made of it before stays as it was. */
class ImmutablesTest {

    @Property(tries = 300)
    void rowsByIdAreAMap(@ForAll @Size(max = 400) List<@IntRange(min = -150, max = 150) Integer> ids) {
        ById<String> rows = ById.none();
        Map<Long, String> expected = new HashMap<>();
        for (int i = 0; i < ids.size(); i++) {
            long id = ids.get(i);
            ById<String> before = rows;
            Map<Long, String> expectedBefore = new HashMap<>(expected);
            String row = i % 4 == 3 ? null : "row " + i % 7;
            rows = rows.with(id, row);
            if (row == null) {
                expected.remove(id);
            } else {
                expected.put(id, row);
            }
            assertThat(rows.get(id)).isEqualTo(row);
            assertThat(rows.size()).isEqualTo(expected.size());
            Map<Long, String> lost = new HashMap<>(expectedBefore);
            lost.entrySet().removeAll(expected.entrySet());
            assertThat(before.notIn(rows)).isEqualTo(lost);
        }
        assertThat(rows.all()).isEqualTo(expected);
        assertThat(ById.of(expected)).isEqualTo(rows).hasSameHashCodeAs(rows);
    }

    @Property(tries = 300)
    void contactsAreASortedBag(@ForAll @Size(max = 60) List<@IntRange(min = 0, max = 40) Integer> instants) {
        Contacts contacts = Contacts.NONE;
        List<Contact> held = new ArrayList<>();
        for (int i = 0; i < instants.size(); i++) {
            int at = instants.get(i);
            Contact contact = new Contact(7, "mrdj", at % 3 == 0 ? "call" : "email", Instant.ofEpochSecond(at));
            Contact less = held.isEmpty() || at % 2 == 0 ? null : held.remove(at % held.size());
            contacts = contacts.change(less, contact);
            held.add(contact);
        }
        long[] all = held.stream()
                .mapToLong(contact -> Contacts.micros(contact.occurredAt()))
                .sorted()
                .toArray();
        long[] found = contacts.instants().values().stream()
                .flatMapToLong(Arrays::stream)
                .sorted()
                .toArray();
        assertThat(found).isEqualTo(all);
        for (int at = -1; at <= 41; at++) {
            long micros = at * 1_000_000L;
            Long last = null;
            Long first = null;
            for (long instant : all) {
                last = instant <= micros ? Long.valueOf(instant) : last;
                first = first == null && instant > micros ? Long.valueOf(instant) : first;
            }
            assertThat(contacts.lastUntil("mrdj", micros)).isEqualTo(last);
            assertThat(contacts.firstAfter("mrdj", micros)).isEqualTo(first);
            assertThat(contacts.lastUntil("another", micros)).isNull();
        }
        for (Contact contact : held) {
            contacts = contacts.change(contact, null);
        }
        assertThat(contacts).isEqualTo(Contacts.NONE);
    }

    @Test
    void whatNeverCameCannotGo() {
        assertThatThrownBy(() -> Contacts.NONE.change(new Contact(7, "mrdj", "call", Instant.EPOCH), null))
                .isInstanceOf(IllegalStateException.class);
    }
}
