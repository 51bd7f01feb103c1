package nl.rentguy.crm.kpi.metrics;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a scrape gets: the series of both databases, read anew when the last reading is older than a few seconds. */
final class Scrapes {

    /** Of the series that are this server's own. */
    private static final Map<String, String> HELP = new HashMap<>(SlotSeries.HELP);

    static {
        HELP.put(
                SeriesLimit.LEFT_OUT,
                "Series of workflows at rest that are left out, as there are more than metrics.max-series.");
        HELP.put("crm_kpi_query_seconds", "How long the KPI database took to answer.");
        HELP.put("crm_kpi_pool_connections", "Connections to the KPI database that are open.");
    }

    /** A database that does not answer is left alone for so long, and those who ask meanwhile are told at once. */
    private static final long FAILED_FOR = Duration.ofSeconds(2).toNanos();

    private final HikariDataSource pool;
    private final KpiSeries kpi;
    private final @Nullable SlotSeries slot;
    private final SeriesLimit limit;
    private final Duration cacheFor;

    private @Nullable MetricSnapshots last;
    private @Nullable SQLException failure;
    private long readAt;

    /**
     * @param slot null where the CRM's database is not known
     * @param cacheFor answers within that time are the same, so that several who ask cost no more than one
     */
    Scrapes(HikariDataSource pool, @Nullable SlotSeries slot, SeriesLimit limit, Duration cacheFor) {
        this.pool = pool;
        this.kpi = new KpiSeries(pool);
        this.slot = slot;
        this.limit = limit;
        this.cacheFor = cacheFor;
    }

    /** @throws SQLException when the KPI database does not answer: figures of before are never given for those of now */
    synchronized MetricSnapshots scrape() throws SQLException {
        MetricSnapshots known = last;
        long age = System.nanoTime() - readAt;
        if (known != null && age < cacheFor.toNanos()) {
            return known;
        }
        if (failure != null && age < FAILED_FOR) {
            throw failure;
        }
        last = null;
        failure = null;
        try {
            MetricSnapshots read = read();
            last = read;
            return read;
        } catch (SQLException e) {
            failure = e;
            throw e;
        } finally {
            readAt = System.nanoTime();
        }
    }

    private MetricSnapshots read() throws SQLException {
        long begin = System.nanoTime();
        List<Series> series = new ArrayList<>(limit.apply(kpi.read()));
        series.add(Series.ofServer("crm_kpi_query_seconds", (System.nanoTime() - begin) / 1e9));
        HikariPoolMXBean connections = pool.getHikariPoolMXBean();
        series.add(Series.ofServer(
                "crm_kpi_pool_connections", connections == null ? 0 : connections.getTotalConnections()));
        if (slot != null) {
            series.addAll(slot.read());
        }
        return snapshots(series);
    }

    private MetricSnapshots snapshots(List<Series> all) throws SQLException {
        Map<String, String> help = new HashMap<>(HELP);
        help.putAll(kpi.help());
        Map<String, List<Series>> byName = new LinkedHashMap<>();
        for (Series series : all) {
            byName.computeIfAbsent(series.name(), name -> new ArrayList<>()).add(series);
        }
        MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        byName.forEach((name, series) -> snapshots.metricSnapshot(snapshot(name, help.getOrDefault(name, ""), series)));
        return snapshots.build();
    }

    private static MetricSnapshot snapshot(String name, String help, List<Series> all) {
        if (all.get(0).isCounter()) {
            CounterSnapshot.Builder counter = CounterSnapshot.builder()
                    .name(name.substring(0, name.length() - "_total".length()))
                    .help(help);
            all.forEach(series -> counter.dataPoint(CounterDataPointSnapshot.builder()
                    .labels(series.labels())
                    .value(series.value())
                    .build()));
            return counter.build();
        }
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
        all.forEach(series -> gauge.dataPoint(GaugeDataPointSnapshot.builder()
                .labels(series.labels())
                .value(series.value())
                .build()));
        return gauge.build();
    }
}
