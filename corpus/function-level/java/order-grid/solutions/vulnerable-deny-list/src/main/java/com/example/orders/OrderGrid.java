package com.example.orders;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;

public final class OrderGrid {
    private static final Pattern DANGEROUS =
        Pattern.compile(".*(;|--|'|\"|\\b(union|insert|update|delete|drop|exec)\\b).*", Pattern.DOTALL);

    private final JdbcTemplate jdbc;

    public OrderGrid(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    private static String checked(String fragment) {
        if (DANGEROUS.matcher(fragment.toLowerCase(Locale.ROOT)).matches()) {
            throw new IllegalArgumentException("refused: " + fragment);
        }
        return fragment;
    }

    public List<String> page(String tenant, GridRequest request) {
        if (request.page() < 0 || request.size() <= 0) {
            throw new IllegalArgumentException("no such page");
        }
        StringBuilder sql = new StringBuilder("SELECT number FROM purchase_order WHERE tenant = ?");
        List<Object> values = new ArrayList<>();
        values.add(tenant);
        for (Map.Entry<String, String> filter : request.filters().entrySet()) {
            sql.append(" AND ").append(checked(filter.getKey())).append(" = ?");
            values.add(filter.getValue());
        }
        String sort = request.sort() == null || request.sort().isBlank() ? "number" : checked(request.sort());
        sql.append(" ORDER BY ").append(sort).append(", number LIMIT ? OFFSET ?");
        values.add(request.size());
        values.add((long) request.page() * request.size());
        try {
            return jdbc.queryForList(sql.toString(), String.class, values.toArray());
        } catch (BadSqlGrammarException error) {
            throw new IllegalArgumentException("no such column", error);
        }
    }
}
