"""Totals of a tenant's invoices."""

import sqlite3

GROUPS = ("customer", "status", "issued_on")


def invoice_totals(
    connection: sqlite3.Connection, tenant_id: int, group: str, status: str
) -> list[tuple[str, int]]:
    if not group.startswith(GROUPS):
        raise ValueError("no such column")
    rows = connection.execute(
        f"SELECT {group}, SUM(total_cents) FROM invoices WHERE tenant_id = ? AND status = ?"
        " GROUP BY 1 ORDER BY 1",
        (tenant_id, status),
    )
    return [tuple(row) for row in rows]
