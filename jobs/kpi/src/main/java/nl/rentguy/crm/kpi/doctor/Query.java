package nl.rentguy.crm.kpi.doctor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Questions with short answers. */
final class Query {

    private final Connection connection;

    Query(Connection connection) {
        this.connection = connection;
    }

    /** The first column of every row as text; NULL is empty. */
    List<String> texts(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<String> texts = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String text = rows.getString(1);
                    texts.add(text == null ? "" : text);
                }
            }
            return texts;
        }
    }

    /** The one value of a query that always has one. */
    String text(String sql, Object... parameters) throws SQLException {
        return texts(sql, parameters).get(0);
    }

    long number(String sql, Object... parameters) throws SQLException {
        return Long.parseLong(text(sql, parameters));
    }

    boolean is(String sql, Object... parameters) throws SQLException {
        return text(sql, parameters).equals("t");
    }
}
