package nl.rentguy.crm.kpi.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the JVM give back memory that a job at rest does not need: once a minute without a collection there is one, and what is free
 * beyond a share goes back to the system. Otherwise the process keeps what its snapshot took for as long as nothing presses.
 */
final class MemoryAtRest {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryAtRest.class);

    /** In this order: the least may at no time be more than the most. */
    private static final List<Map.Entry<String, String>> OPTIONS = List.of(
            Map.entry("MinHeapFreeRatio", "10"),
            Map.entry("MaxHeapFreeRatio", "30"),
            Map.entry("G1PeriodicGCInterval", "60000"));

    private MemoryAtRest() {}

    /** From now on; a JVM with another collector goes on as it is. */
    static void giveBack() {
        HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        for (Map.Entry<String, String> option : OPTIONS) {
            try {
                vm.setVMOption(option.getKey(), option.getValue());
            } catch (IllegalArgumentException e) {
                LOG.info("The JVM does not take {}, and keeps its memory as it likes", option, e);
            }
        }
    }
}
