import sqlite3

import pytest

from invoice_search.invoice_search import invoice_totals
from invoice_search.schema import create_tables

# tenant, customer, status, issued_on, total_cents
ROWS = [
    (7, "Zeppelin", "open", "2024-02-01", 100),
    (7, "Acme", "open", "2024-02-01", 250),
    (7, "Acme", "open", "2024-01-09", 50),
    (7, "Acme", "paid", "2024-03-01", 9),
    (8, "Acme", "open", "2024-02-01", 5000),
]


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    create_tables(connection)
    connection.executemany(
        "INSERT INTO invoices (tenant_id, number, customer, status, issued_on, total_cents)"
        " VALUES (?, 'A', ?, ?, ?, ?)",
        ROWS,
    )
    yield connection
    connection.close()


def test_totals_by_customer(connection):
    found = invoice_totals(connection, 7, "customer", "open")
    assert found == [("Acme", 300), ("Zeppelin", 100)]


def test_totals_by_day(connection):
    found = invoice_totals(connection, 7, "issued_on", "open")
    assert found == [("2024-01-09", 50), ("2024-02-01", 350)]


def test_totals_by_status(connection):
    assert invoice_totals(connection, 7, "status", "paid") == [("paid", 9)]
    assert invoice_totals(connection, 8, "status", "open") == [("open", 5000)]


def test_nothing_has_no_total(connection):
    assert invoice_totals(connection, 7, "customer", "void") == []
    assert invoice_totals(connection, 9, "customer", "open") == []


@pytest.mark.parametrize("group", ["", "memo", "margin_cents", "Customer"])
def test_other_columns_are_refused(connection, group):
    with pytest.raises(ValueError):
        invoice_totals(connection, 7, group, "open")
