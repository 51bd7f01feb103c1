package nl.rentguy.crm.kpi.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import nl.rentguy.crm.kpi.config.ConfigException;

/** Ports of the loopback interface. */
final class Ports {

    private Ports() {}

    /**
     * The port itself when it is free, and any free one for 0.
     *
     * @throws ConfigException when it is taken, or is no port at all
     */
    static int free(String option, int port) {
        if (port < 0 || port > 65_535) {
            throw new ConfigException(
                    "%s is %d; expected a port from 1 to 65535, or 0 for any".formatted(option, port));
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new ConfigException("Port %d is taken: end what listens there, or choose another with %s (0 for any)"
                    .formatted(port, option));
        }
    }
}
