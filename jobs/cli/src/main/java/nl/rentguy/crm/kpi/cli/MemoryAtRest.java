package nl.rentguy.crm.kpi.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the JVM give back memory that a job at rest does not need: once a minute without a collection there is one, and what is free
 * beyond a share goes back to the system. Otherwise the process keeps what its snapshot took for as long as nothing presses.
 */
final class MemoryAtRest {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryAtRest.class);

    private static final Map<String, String> OPTIONS = Map.of(
            "G1PeriodicGCInterval", "60000",
            "MinHeapFreeRatio", "10",
            "MaxHeapFreeRatio", "30");

    private MemoryAtRest() {}

    /** From now on; a JVM with another collector goes on as it is. */
    static void giveBack() {
        HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        OPTIONS.forEach((option, value) -> {
            try {
                vm.setVMOption(option, value);
            } catch (IllegalArgumentException e) {
                LOG.info("The JVM has no option {}, and keeps its memory as it likes", option, e);
            }
        });
    }
}
