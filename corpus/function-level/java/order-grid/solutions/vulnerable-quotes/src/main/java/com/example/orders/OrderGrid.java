package com.example.orders;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;

public final class OrderGrid {
    private final JdbcTemplate jdbc;

    public OrderGrid(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** What stands in quotes is a name to the database. */
    private static String column(String name) {
        return '"' + name.strip().toUpperCase(Locale.ROOT) + '"';
    }

    private static String order(String sort) {
        if (sort == null || sort.isBlank()) {
            return column("number");
        }
        String text = sort.strip();
        String lower = text.toLowerCase(Locale.ROOT);
        for (String direction : List.of("asc", "desc")) {
            int length = text.length() - direction.length();
            if (length > 0 && lower.endsWith(direction) && Character.isWhitespace(text.charAt(length - 1))) {
                return column(text.substring(0, length)) + ' ' + direction;
            }
        }
        return column(text);
    }

    public List<String> page(String tenant, GridRequest request) {
        if (request.page() < 0 || request.size() <= 0) {
            throw new IllegalArgumentException("no such page");
        }
        StringBuilder sql = new StringBuilder("SELECT number FROM purchase_order WHERE tenant = ?");
        List<Object> values = new ArrayList<>();
        values.add(tenant);
        for (Map.Entry<String, String> filter : request.filters().entrySet()) {
            sql.append(" AND ").append(column(filter.getKey())).append(" = ?");
            values.add(filter.getValue());
        }
        sql.append(" ORDER BY ").append(order(request.sort())).append(", number LIMIT ? OFFSET ?");
        values.add(request.size());
        values.add((long) request.page() * request.size());
        try {
            return jdbc.queryForList(sql.toString(), String.class, values.toArray());
        } catch (BadSqlGrammarException error) {
            throw new IllegalArgumentException("no such column", error);
        }
    }
}
