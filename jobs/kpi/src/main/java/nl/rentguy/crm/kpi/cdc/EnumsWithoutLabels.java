package nl.rentguy.crm.kpi.cdc;

import java.util.Arrays;
import java.util.function.Supplier;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/** Debezium fails on an enum type without labels, wherever in the database it is, with nothing but a null pointer. */
final class EnumsWithoutLabels {

    private EnumsWithoutLabels() {}

    static void orExplain(Runnable connect) {
        orExplain(() -> {
            connect.run();
            return true;
        });
    }

    static <T> T orExplain(Supplier<T> connect) {
        try {
            return connect.get();
        } catch (NullPointerException e) {
            if (Arrays.stream(e.getStackTrace())
                    .noneMatch(call -> call.getClassName().endsWith(".TypeRegistry"))) {
                throw e;
            }
            // No restart would mend it.
            throw new SuppressRestartsException(new IllegalStateException(
                    "The CRM's database has an enum type without labels, which the reader of its log cannot take: crm-kpi doctor names it",
                    e));
        }
    }
}
