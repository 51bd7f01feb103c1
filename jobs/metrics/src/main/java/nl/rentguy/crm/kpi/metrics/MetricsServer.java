package nl.rentguy.crm.kpi.metrics;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code GET /metrics} from the KPI tables. Each answer is read when it is asked for, a few seconds at most before; when the KPI
 * database is away the answer is 503, so that Prometheus' own {@code up} says so and no figure of before is taken for one of now.
 */
public final class MetricsServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);

    /** To connect, and to be answered. */
    static final Duration QUERY_TIMEOUT = Duration.ofSeconds(5);

    /** What is told of the CRM is not worth that the rest comes late. */
    private static final Duration CRM_TIMEOUT = Duration.ofSeconds(1);

    private final Server server;
    private final ServerConnector connector;
    private final HikariDataSource kpi;
    private final @Nullable HikariDataSource crm;

    /**
     * A database and the role that reads it.
     *
     * @param jdbcUrl of PostgreSQL, without a password
     * @param password empty for none
     */
    public record Source(String jdbcUrl, String username, String password) {}

    /**
     * What to serve, and where.
     *
     * @param crm null where nothing is to be told of the CRM's slot
     * @param slot the replication slot that the job reads
     * @param host the interface that it listens on
     * @param port 0 for any that is free
     * @param maxSeries series of tenants and workflows at most, see {@code metrics.max-series}
     * @param cacheFor answers within that time are the same
     */
    public record Settings(
            Source kpi, @Nullable Source crm, String slot, String host, int port, int maxSeries, Duration cacheFor) {}

    private MetricsServer(
            Server server, ServerConnector connector, HikariDataSource kpi, @Nullable HikariDataSource crm) {
        this.server = server;
        this.connector = connector;
        this.kpi = kpi;
        this.crm = crm;
    }

    /**
     * Starts to listen. The databases need not be there yet.
     *
     * @throws java.io.IOException when the port is taken
     */
    public static MetricsServer start(Settings settings) throws Exception {
        HikariDataSource kpi = pool("kpi", settings.kpi(), QUERY_TIMEOUT);
        HikariDataSource crm = settings.crm() == null ? null : pool("crm", settings.crm(), CRM_TIMEOUT);
        SlotSeries slot = crm == null ? null : new SlotSeries(crm, settings.slot());
        Scrapes scrapes = new Scrapes(kpi, slot, new SeriesLimit(settings.maxSeries()), settings.cacheFor());

        QueuedThreadPool threads = new QueuedThreadPool(8, 2);
        threads.setName("metrics");
        Server server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        connector.setIdleTimeout(30_000);
        server.addConnector(connector);
        server.setHandler(new Answers(scrapes));
        MetricsServer started = new MetricsServer(server, connector, kpi, crm);
        try {
            server.start();
            return started;
        } catch (Exception e) {
            started.close();
            throw e;
        }
    }

    private static HikariDataSource pool(String name, Source source, Duration timeout) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("metrics-" + name);
        config.setJdbcUrl(source.jdbcUrl());
        config.setUsername(source.username());
        config.setPassword(source.password());
        config.setMaximumPoolSize(2);
        config.setMinimumIdle(0);
        config.setReadOnly(true);
        config.setConnectionTimeout(timeout.toMillis());
        // It may start before the database does.
        config.setInitializationFailTimeout(-1);
        config.addDataSourceProperty("ApplicationName", "crm-kpi-metrics");
        config.addDataSourceProperty("connectTimeout", "5");
        config.addDataSourceProperty("socketTimeout", "20");
        return new HikariDataSource(config);
    }

    /** The port that it listens on. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Waits until it is closed. */
    public void join() throws InterruptedException {
        server.join();
    }

    @Override
    public void close() throws Exception {
        try {
            server.stop();
        } finally {
            kpi.close();
            if (crm != null) {
                crm.close();
            }
        }
    }

    private static final class Answers extends Handler.Abstract {

        private final Scrapes scrapes;
        private final ExpositionFormats formats = ExpositionFormats.init();

        Answers(Scrapes scrapes) {
            this.scrapes = scrapes;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            String path = Request.getPathInContext(request);
            if (path.equals("/")) {
                text(response, callback, HttpStatus.OK_200, "CRM KPI metrics are at /metrics\n");
            } else if (!path.equals("/metrics")) {
                text(response, callback, HttpStatus.NOT_FOUND_404, "Not here: metrics are at /metrics\n");
            } else if (!HttpMethod.GET.is(request.getMethod()) && !HttpMethod.HEAD.is(request.getMethod())) {
                response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
                text(response, callback, HttpStatus.METHOD_NOT_ALLOWED_405, "Expected GET\n");
            } else {
                metrics(request, response, callback);
            }
            return true;
        }

        private void metrics(Request request, Response response, Callback callback) throws Exception {
            ExpositionFormatWriter format =
                    formats.findWriter(request.getHeaders().get(HttpHeader.ACCEPT));
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            try {
                format.write(body, scrapes.scrape());
            } catch (SQLException e) {
                LOG.warn("The KPI database does not answer: {}", e.getMessage());
                text(response, callback, HttpStatus.SERVICE_UNAVAILABLE_503, "The KPI database does not answer\n");
                return;
            }
            response.getHeaders().put(new HttpField(HttpHeader.CONTENT_TYPE, format.getContentType()));
            response.write(true, ByteBuffer.wrap(body.toByteArray()), callback);
        }

        private static void text(Response response, Callback callback, int status, String text) {
            response.setStatus(status);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain; charset=utf-8");
            Content.Sink.write(response, true, text, callback);
        }
    }
}
