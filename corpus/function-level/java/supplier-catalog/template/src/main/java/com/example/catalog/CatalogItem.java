package com.example.catalog;

import java.math.BigDecimal;

/** One line of a supplier's catalogue. */
public record CatalogItem(String sku, String name, BigDecimal price, int stock) {}
