"""Search in a tenant's invoices: one fixed query, the rest in Python."""

import sqlite3
from collections.abc import Sequence

QUERY = """
SELECT id, number, customer, status, issued_on, due_on, total_cents, memo
FROM invoices WHERE tenant_id = ? ORDER BY id
"""
KEYS = ("id", "number", "customer", "status", "issued_on", "due_on", "total_cents", "memo")
UPPER_TO_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _fold(value: str) -> str:
    return value.translate(UPPER_TO_LOWER)


def search_invoices(
    connection: sqlite3.Connection,
    tenant_id: int,
    text: str = "",
    field: str = "customer",
    statuses: Sequence[str] = (),
    sort: str = "issued_on",
    direction: str = "asc",
    limit: int = 50,
) -> list[dict]:
    """Return the tenant's invoices that match; unknown columns fall back to the defaults."""
    if limit < 1 or limit > 200:
        raise ValueError("limit out of range")
    if field not in ("number", "memo"):
        field = "customer"
    if sort not in KEYS:
        sort = "issued_on"

    cursor = connection.cursor()
    cursor.row_factory = None
    invoices = [dict(zip(KEYS, row)) for row in cursor.execute(QUERY, (tenant_id,))]

    needle = _fold(text.strip())
    if needle:
        invoices = [i for i in invoices if i[field] is not None and needle in _fold(i[field])]
    if statuses:
        wanted = set(statuses)
        invoices = [i for i in invoices if i["status"] in wanted]

    known = [i for i in invoices if i[sort] is not None]
    unknown = [i for i in invoices if i[sort] is None]
    known.sort(key=lambda i: i[sort], reverse=direction == "desc")
    return (known + unknown)[:limit]
