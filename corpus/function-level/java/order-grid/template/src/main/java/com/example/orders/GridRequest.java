package com.example.orders;

import java.util.Map;

/**
 * What the grid in the browser asks for, as it came in the query string.
 *
 * @param sort the column to sort by, such as {@code total desc}; null if the user chose none
 * @param filters the text that a column has, by the column's name
 * @param page the number of the page, from 0
 * @param size how many orders are on a page
 */
public record GridRequest(String sort, Map<String, String> filters, int page, int size) {}
