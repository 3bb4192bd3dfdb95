"""Sessions of web shop visitors, kept in a cookie."""
