package com.example.catalog;

/** A catalogue that cannot be read. */
public class CatalogException extends Exception {
    public CatalogException(String message, Throwable cause) {
        super(message, cause);
    }
}
