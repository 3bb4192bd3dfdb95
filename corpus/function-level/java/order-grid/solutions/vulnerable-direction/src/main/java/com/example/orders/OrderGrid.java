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

    /** A column that the table has. */
    private String column(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        Integer count = jdbc.queryForObject(
            "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = SCHEMA()"
                + " AND table_name = 'PURCHASE_ORDER' AND column_name = ?",
            Integer.class, upper);
        if (count == null || count == 0) {
            throw new IllegalArgumentException("no column " + name);
        }
        return upper;
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
        String sort = request.sort() == null || request.sort().isBlank() ? "number" : request.sort().strip();
        String[] parts = sort.split("\\s+", 2);
        String direction = parts.length > 1 ? parts[1] : "asc";
        sql.append(" ORDER BY ").append(column(parts[0])).append(' ').append(direction);
        sql.append(", number LIMIT ? OFFSET ?");
        values.add(request.size());
        values.add((long) request.page() * request.size());
        try {
            return jdbc.queryForList(sql.toString(), String.class, values.toArray());
        } catch (BadSqlGrammarException error) {
            throw new IllegalArgumentException("no such order", error);
        }
    }
}
