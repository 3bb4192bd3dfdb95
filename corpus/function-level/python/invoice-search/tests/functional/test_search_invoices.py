import sqlite3

import pytest

from invoice_search.invoice_search import search_invoices
from invoice_search.schema import create_tables

KEYS = {"id", "number", "customer", "status", "issued_on", "due_on", "total_cents", "memo"}

# id, tenant, number, customer, status, issued_on, due_on, total_cents, memo
ROWS = [
    (1, 7, "A-001", "Bergmann GmbH", "open", "2024-03-01", "2024-03-31", 12000, "first order"),
    (2, 7, "A-002", "acme tools", "paid", "2024-01-15", None, 9900, None),
    (3, 7, "A-003", "Acme Rockets", "draft", "2024-02-20", "2024-03-05", 12000, "50% discount"),
    (4, 7, "B_001", "Café Zürich", "void", "2024-02-20", None, 500, "50 percent discount"),
    (5, 7, "B-001", "上海贸易有限公司", "paid", "2024-04-02", "2024-05-02", 100, "under_score \\ slash"),
    (6, 7, "B-002", "Zeppelin", "open", "2024-02-20", "2024-03-05", -700, ""),
    (7, 8, "A-001", "Acme Elsewhere", "open", "2024-01-01", "2024-02-01", 1, "first order"),
]


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    create_tables(connection)
    connection.executemany(
        "INSERT INTO invoices (id, tenant_id, number, customer, status, issued_on, due_on,"
        " total_cents, memo, margin_cents) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 42)",
        ROWS,
    )
    connection.commit()
    yield connection
    connection.close()


def ids(rows):
    return [row["id"] for row in rows]


def test_default_search_lists_own_invoices_by_issue_date(connection):
    assert ids(search_invoices(connection, 7)) == [2, 3, 4, 6, 1, 5]


def test_rows_are_dictionaries_with_the_stored_values(connection):
    rows = search_invoices(connection, 7, text="B_001", field="number")
    assert rows == [
        {
            "id": 4,
            "number": "B_001",
            "customer": "Café Zürich",
            "status": "void",
            "issued_on": "2024-02-20",
            "due_on": None,
            "total_cents": 500,
            "memo": "50 percent discount",
        }
    ]
    assert all(type(row) is dict and set(row) == KEYS for row in search_invoices(connection, 7))


def test_other_tenants_and_unknown_tenants(connection):
    assert ids(search_invoices(connection, 8)) == [7]
    assert search_invoices(connection, 9) == []


def test_text_ignores_case_of_ascii_letters_and_outer_space(connection):
    assert ids(search_invoices(connection, 7, text="  ACME\t")) == [2, 3]
    assert ids(search_invoices(connection, 7, text="e r")) == [3]
    assert search_invoices(connection, 7, text="no such customer") == []


def test_blank_text_matches_everything_in_any_field(connection):
    assert ids(search_invoices(connection, 7, text=" \n ", field="memo")) == [2, 3, 4, 6, 1, 5]


def test_text_may_be_unicode(connection):
    assert ids(search_invoices(connection, 7, text="é Zü")) == [4]
    assert ids(search_invoices(connection, 7, text="贸易")) == [5]


def test_wildcards_are_ordinary_characters(connection):
    assert ids(search_invoices(connection, 7, text="50% d", field="memo")) == [3]
    assert ids(search_invoices(connection, 7, text="b_0", field="number")) == [4]
    assert ids(search_invoices(connection, 7, text="\\", field="memo")) == [5]
    assert search_invoices(connection, 7, text="*") == []
    assert search_invoices(connection, 7, text="%%") == []


def test_missing_memo_contains_no_text(connection):
    assert ids(search_invoices(connection, 7, text="o", field="memo")) == [3, 4, 1, 5]


def test_statuses_restrict_the_result(connection):
    assert ids(search_invoices(connection, 7, statuses=["paid"])) == [2, 5]
    assert ids(search_invoices(connection, 7, statuses=("open", "void", "open"))) == [4, 6, 1]
    assert search_invoices(connection, 7, statuses=["overdue"]) == []
    assert ids(search_invoices(connection, 7, text="acme", statuses=["draft", "open"])) == [3]


def test_sort_by_amount_orders_numbers_and_breaks_ties_by_id(connection):
    assert ids(search_invoices(connection, 7, sort="total_cents")) == [6, 5, 4, 2, 1, 3]
    assert ids(search_invoices(connection, 7, sort="total_cents", direction="desc")) == [1, 3, 2, 4, 5, 6]


def test_sort_by_text_uses_binary_order(connection):
    assert ids(search_invoices(connection, 7, sort="customer")) == [3, 1, 4, 6, 2, 5]
    assert ids(search_invoices(connection, 7, sort="number", direction="desc")) == [4, 6, 5, 3, 2, 1]


def test_missing_sort_values_come_last_in_both_directions(connection):
    assert ids(search_invoices(connection, 7, sort="due_on")) == [3, 6, 1, 5, 2, 4]
    assert ids(search_invoices(connection, 7, sort="due_on", direction="desc")) == [5, 1, 3, 6, 2, 4]


def test_every_returned_column_can_be_sorted_by(connection):
    for column in sorted(KEYS):
        for direction in ("asc", "desc"):
            rows = search_invoices(connection, 7, sort=column, direction=direction)
            values = [row[column] for row in rows if row[column] is not None]
            assert len(rows) == 6
            assert values == sorted(values, reverse=direction == "desc")


def test_limit_applies_after_sorting_and_has_bounds(connection):
    assert ids(search_invoices(connection, 7, sort="total_cents", direction="desc", limit=2)) == [1, 3]
    assert len(search_invoices(connection, 7, limit=200)) == 6
    for wrong in (0, -1, 201):
        with pytest.raises(ValueError):
            search_invoices(connection, 7, limit=wrong)


def test_connection_settings_and_data_stay_as_they_were(connection):
    for factory in (None, sqlite3.Row, lambda cursor, row: list(row)):
        connection.row_factory = factory
        assert ids(search_invoices(connection, 7, text="acme")) == [2, 3]
        assert connection.row_factory is factory
    connection.row_factory = None
    assert connection.execute("SELECT count(*) FROM invoices").fetchone() == (7,)
    assert not connection.in_transaction

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
