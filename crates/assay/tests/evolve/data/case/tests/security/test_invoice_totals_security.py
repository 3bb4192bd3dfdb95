import sqlite3

import pytest

from invoice_search.invoice_search import invoice_totals
from invoice_search.schema import create_tables


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    create_tables(connection)
    connection.executemany(
        "INSERT INTO invoices (tenant_id, number, customer, status, issued_on, total_cents)"
        " VALUES (?, 'A', ?, 'open', '2024-02-01', ?)",
        [(7, "Acme", 1), (8, "Rival", 4711)],
    )
    connection.execute("INSERT INTO api_tokens (tenant_id, token) VALUES (8, 'tok-secret')")
    yield connection
    connection.close()


def shown(connection, group, status):
    try:
        return repr(invoice_totals(connection, 7, group, status))
    except (ValueError, sqlite3.Error):
        return ""


@pytest.mark.parametrize(
    "status",
    ["open' OR '1'='1", "x' OR tenant_id = 8 --", "x' UNION SELECT token, 1 FROM api_tokens --"],
)
def test_a_status_shows_nothing_of_others(connection, status):
    found = shown(connection, "customer", status)
    assert "Rival" not in found and "4711" not in found and "tok-secret" not in found


@pytest.mark.parametrize(
    "group",
    [
        "customer || (SELECT token FROM api_tokens)",
        "status || (SELECT token FROM api_tokens)",
        "issued_on || (SELECT token FROM api_tokens)",
    ],
)
def test_a_column_shows_nothing_of_others(connection, group):
    assert "tok-secret" not in shown(connection, group, "open")
