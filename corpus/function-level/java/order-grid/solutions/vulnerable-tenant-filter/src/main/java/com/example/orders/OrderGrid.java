package com.example.orders;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

public final class OrderGrid {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]+");
    private static final Pattern SORT =
        Pattern.compile("([A-Za-z0-9_]+)(?:\\s+(asc|desc))?", Pattern.CASE_INSENSITIVE);

    private final NamedParameterJdbcTemplate jdbc;

    public OrderGrid(JdbcTemplate jdbc) {
        this.jdbc = new NamedParameterJdbcTemplate(jdbc);
    }

    public List<String> page(String tenant, GridRequest request) {
        if (request.page() < 0 || request.size() <= 0) {
            throw new IllegalArgumentException("no such page");
        }
        // Every condition is a named parameter of the name of its column.
        Map<String, Object> values = new TreeMap<>();
        values.put("TENANT", tenant);
        for (Map.Entry<String, String> filter : request.filters().entrySet()) {
            if (!NAME.matcher(filter.getKey()).matches()) {
                throw new IllegalArgumentException("no column " + filter.getKey());
            }
            values.put(filter.getKey().toUpperCase(Locale.ROOT), filter.getValue());
        }
        StringBuilder sql = new StringBuilder("SELECT number FROM purchase_order WHERE TRUE");
        for (String column : values.keySet()) {
            sql.append(" AND \"").append(column).append("\" = :").append(column);
        }
        String sort = request.sort() == null || request.sort().isBlank() ? "number" : request.sort().strip();
        Matcher matcher = SORT.matcher(sort);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no sort: " + sort);
        }
        sql.append(" ORDER BY \"").append(matcher.group(1).toUpperCase(Locale.ROOT)).append("\" ");
        sql.append("desc".equalsIgnoreCase(matcher.group(2)) ? "DESC" : "ASC").append(", number");
        sql.append(" LIMIT ").append(request.size());
        sql.append(" OFFSET ").append((long) request.page() * request.size());
        try {
            return jdbc.queryForList(sql.toString(), values, String.class);
        } catch (BadSqlGrammarException error) {
            throw new IllegalArgumentException("no such column", error);
        }
    }
}
