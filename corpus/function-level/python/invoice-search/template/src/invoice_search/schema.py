"""The tables that the billing database consists of."""

import sqlite3

TABLES = """
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    customer TEXT NOT NULL,
    status TEXT NOT NULL,
    issued_on TEXT NOT NULL,
    due_on TEXT,
    total_cents INTEGER NOT NULL,
    memo TEXT,
    margin_cents INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    token TEXT NOT NULL
);
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Create all tables in an empty database."""
    connection.executescript(TABLES)
