"""Totals of a tenant's invoices."""

import sqlite3
from collections import Counter

PLACES = {"customer": 0, "status": 1, "issued_on": 2}


def invoice_totals(
    connection: sqlite3.Connection, tenant_id: int, group: str, status: str
) -> list[tuple[str, int]]:
    try:
        place = PLACES[group]
    except KeyError:
        raise ValueError("no such column") from None
    totals = Counter()
    for row in connection.execute(
        "SELECT customer, status, issued_on, total_cents FROM invoices"
        " WHERE tenant_id = ? AND status = ?",
        (tenant_id, status),
    ):
        totals[row[place]] += row[3]
    return sorted(totals.items())
