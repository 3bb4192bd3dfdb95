package com.example.orders;

import java.sql.ResultSetMetaData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.ResultSetExtractor;

public final class OrderGrid {
    private static final String ANY = "SELECT * FROM purchase_order WHERE 1 = 0";

    private final JdbcTemplate jdbc;

    public OrderGrid(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    public List<String> page(String tenant, GridRequest request) {
        if (request.page() < 0 || request.size() <= 0) {
            throw new IllegalArgumentException("no such page");
        }
        Map<String, String> columns = columns();
        StringBuilder sql = new StringBuilder("SELECT number FROM purchase_order WHERE tenant = ?");
        List<Object> values = new ArrayList<>();
        values.add(tenant);
        for (Map.Entry<String, String> filter : request.filters().entrySet()) {
            sql.append(" AND ").append(column(columns, filter.getKey())).append(" = ?");
            values.add(filter.getValue());
        }
        sql.append(" ORDER BY ").append(order(columns, request.sort()));
        sql.append(", number LIMIT ? OFFSET ?");
        values.add(request.size());
        values.add((long) request.page() * request.size());
        return jdbc.queryForList(sql.toString(), String.class, values.toArray());
    }

    /** The names of the table's columns as the database has them, found in any case. */
    private Map<String, String> columns() {
        return jdbc.query(ANY, (ResultSetExtractor<Map<String, String>>) rows -> {
            Map<String, String> columns = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            ResultSetMetaData description = rows.getMetaData();
            for (int place = 1; place <= description.getColumnCount(); place++) {
                columns.put(description.getColumnName(place), description.getColumnName(place));
            }
            return columns;
        });
    }

    /** The database's own text of a name, never the request's. */
    private static String column(Map<String, String> columns, String name) {
        String column = columns.get(name);
        if (column == null) {
            throw new IllegalArgumentException("there is no column " + name);
        }
        return '"' + column.replace("\"", "\"\"") + '"';
    }

    private static String order(Map<String, String> columns, String sort) {
        if (sort == null || sort.isBlank()) {
            return column(columns, "number");
        }
        String[] words = sort.strip().split("\\s+");
        String column = column(columns, words[0]);
        if (words.length == 1 || words.length == 2 && words[1].equalsIgnoreCase("asc")) {
            return column;
        }
        if (words.length == 2 && words[1].equalsIgnoreCase("desc")) {
            return column + " DESC";
        }
        throw new IllegalArgumentException("this is no sort: " + sort);
    }
}
