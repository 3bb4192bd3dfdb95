package com.example.orders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

class OrderGridTest {
    private SingleConnectionDataSource source;
    private JdbcTemplate jdbc;
    private OrderGrid grid;

    @BeforeEach
    void open() {
        source = new SingleConnectionDataSource("jdbc:h2:mem:" + UUID.randomUUID(), true);
        new ResourceDatabasePopulator(new ClassPathResource("db/schema.sql")).execute(source);
        jdbc = new JdbcTemplate(source);
        grid = new OrderGrid(jdbc);
        order("north", "N-3", "Adler", "open", "80.00", "2024-03-05");
        order("north", "N-1", "Brandt", "paid", "9.50", "2024-03-09");
        order("north", "N-4", "Adler", "paid", "120.00", "2024-01-31");
        order("north", "N-2", "Conrad", "open", "80.00", "2024-02-11");
        order("south", "S-1", "Adler", "open", "50.00", "2024-02-12");
    }

    @AfterEach
    void close() {
        source.destroy();
    }

    private void order(
            String tenant, String number, String customer, String status, String total, String day) {
        jdbc.update(
            "INSERT INTO purchase_order (tenant, number, customer, status, total, placed_on)"
                + " VALUES (?, ?, ?, ?, ?, ?)",
            tenant, number, customer, status, new BigDecimal(total), LocalDate.parse(day));
    }

    private List<String> sorted(String sort) {
        return grid.page("north", new GridRequest(sort, Map.of(), 0, 50));
    }

    private List<String> filtered(Map<String, String> filters) {
        return grid.page("north", new GridRequest(null, filters, 0, 50));
    }

    @Test
    void ordersAreSortedByNumberWhereNothingElseIsChosen() {
        for (String sort : new String[] {null, "", "  "}) {
            assertEquals(List.of("N-1", "N-2", "N-3", "N-4"), sorted(sort));
        }
        assertEquals(List.of("S-1"), grid.page("south", new GridRequest(null, Map.of(), 0, 50)));
        assertEquals(List.of(), grid.page("west", new GridRequest(null, Map.of(), 0, 50)));
    }

    @Test
    void ordersAreSortedByAColumn() {
        assertEquals(List.of("N-4", "N-2", "N-3", "N-1"), sorted("placed_on"));
        assertEquals(List.of("N-1", "N-2", "N-3", "N-4"), sorted("total asc"));
        assertEquals(List.of("N-4", "N-2", "N-3", "N-1"), sorted("total desc"));
        assertEquals(List.of("N-4", "N-3", "N-2", "N-1"), sorted("number desc"));
        assertEquals(List.of("N-2", "N-1", "N-3", "N-4"), sorted("customer desc"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLACED_ON DESC", "Placed_On Desc", "  placed_on   dEsC ", "placed_on\tdesc"})
    void caseAndWhiteSpaceDoNotCount(String sort) {
        assertEquals(List.of("N-1", "N-3", "N-2", "N-4"), sorted(sort));
    }

    @Test
    void ordersAreFilteredByColumns() {
        assertEquals(List.of("N-3", "N-4"), filtered(Map.of("customer", "Adler")));
        assertEquals(List.of("N-3"), filtered(Map.of("CUSTOMER", "Adler", "Status", "open")));
        assertEquals(List.of(), filtered(Map.of("customer", "adle")));
        assertEquals(List.of("N-1", "N-2", "N-3", "N-4"), filtered(Map.of("tenant", "north")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"O'Neill & \"Sons\"", "100 %", "a_b", "back\\slash", "?", ":name", "; --", "{d}", "Größe"})
    void aTextMayHaveAnyCharacters(String customer) {
        order("north", "N-5", customer, "open", "1.00", "2024-04-01");
        assertEquals(List.of("N-5"), filtered(Map.of("customer", customer)));
    }

    @Test
    void columnsThatAreAddedLaterAreKnown() {
        sorted("total");
        jdbc.execute("ALTER TABLE purchase_order ADD COLUMN cost_centre VARCHAR(20)");
        jdbc.update("UPDATE purchase_order SET cost_centre = CASE number WHEN 'N-4' THEN 'C1' ELSE 'C2' END");
        assertEquals(List.of("N-1", "N-2", "N-3", "N-4"), sorted("Cost_Centre desc"));
        assertEquals(List.of("N-4", "N-1", "N-2", "N-3"), sorted("cost_centre"));
        assertEquals(List.of("N-4"), filtered(Map.of("cost_centre", "C1")));
        jdbc.execute("ALTER TABLE purchase_order ADD COLUMN x9 VARCHAR(20)");
        assertEquals(List.of(), filtered(Map.of("x9", "C1")));
    }

    @Test
    void aPageHasItsOrders() {
        GridRequest second = new GridRequest("total desc", Map.of(), 1, 3);
        assertEquals(List.of("N-1"), grid.page("north", second));
        assertEquals(List.of("N-2"), grid.page("north", new GridRequest("total desc", Map.of(), 1, 1)));
        assertEquals(List.of(), grid.page("north", new GridRequest(null, Map.of(), 7, 3)));
        assertEquals(
            List.of("N-4"), grid.page("north", new GridRequest(null, Map.of("customer", "Adler"), 1, 1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"weight", "weight desc", "total down", "total desc asc", "desc total"})
    void aSortThatNamesNoColumnIsRefused(String sort) {
        assertThrows(IllegalArgumentException.class, () -> sorted(sort));
    }

    @Test
    void whatNoPageCanBeFoundForIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> filtered(Map.of("weight", "1")));
        for (int[] numbers : new int[][] {{-1, 5}, {0, 0}, {0, -5}}) {
            GridRequest request = new GridRequest(null, Map.of(), numbers[0], numbers[1]);
            assertThrows(IllegalArgumentException.class, () -> grid.page("north", request));
        }
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
