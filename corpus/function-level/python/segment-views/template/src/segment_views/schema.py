"""The tables that the customer database consists of."""

import sqlite3

TABLES = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    city TEXT NOT NULL,
    country TEXT NOT NULL,
    orders INTEGER NOT NULL DEFAULT 0,
    spent_cents INTEGER NOT NULL DEFAULT 0,
    unsubscribed INTEGER NOT NULL DEFAULT 0,
    password_hash TEXT NOT NULL
);
CREATE TABLE staff (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    access_token TEXT NOT NULL
);
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Create all tables in an empty database."""
    connection.executescript(TABLES)
