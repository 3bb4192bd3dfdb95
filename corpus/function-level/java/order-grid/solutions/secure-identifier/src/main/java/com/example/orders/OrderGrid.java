package com.example.orders;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;

public final class OrderGrid {
    private static final Pattern NAME = Pattern.compile("\\w+");
    private static final Pattern SORT =
        Pattern.compile("\\s*(\\w+)(?:\\s+(asc|desc))?\\s*", Pattern.CASE_INSENSITIVE);

    private final JdbcTemplate jdbc;

    public OrderGrid(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    public List<String> page(String tenant, GridRequest request) {
        if (request.page() < 0 || request.size() <= 0) {
            throw new IllegalArgumentException("no such page");
        }
        List<String> conditions = new ArrayList<>(List.of("o.tenant = ?"));
        List<Object> values = new ArrayList<>(List.of(tenant));
        request.filters().forEach((name, text) -> {
            conditions.add(quoted(name) + " = ?");
            values.add(text);
        });
        String column = quoted("number");
        String direction = "ASC";
        if (request.sort() != null && !request.sort().isBlank()) {
            Matcher sort = SORT.matcher(request.sort());
            if (!sort.matches()) {
                throw new IllegalArgumentException("this is no sort");
            }
            column = quoted(sort.group(1));
            direction = "desc".equalsIgnoreCase(sort.group(2)) ? "DESC" : "ASC";
        }
        String sql = "SELECT o.number FROM purchase_order o WHERE " + String.join(" AND ", conditions)
            + " ORDER BY " + column + ' ' + direction + ", o.number OFFSET ? ROWS FETCH NEXT ? ROWS ONLY";
        values.add((long) request.page() * request.size());
        values.add(request.size());
        try {
            return jdbc.query(sql, (row, place) -> row.getString(1), values.toArray());
        } catch (BadSqlGrammarException error) {
            throw new IllegalArgumentException("the table has no such column", error);
        }
    }

    /** A name in quotes of this table is never anything but the name of a column of it. */
    private static String quoted(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("this is no name of a column");
        }
        return "o.\"" + name.toUpperCase(Locale.ROOT) + '"';
    }
}
