"""Search in a tenant's invoices."""

import sqlite3
from collections.abc import Sequence

COLUMNS = ["id", "number", "customer", "status", "issued_on", "due_on", "total_cents", "memo"]


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
    """Return the invoices of a tenant that match the search form."""
    if limit < 1 or limit > 200:
        raise ValueError("limit must be between 1 and 200")

    query = f"SELECT {', '.join(COLUMNS)} FROM invoices WHERE tenant_id = ?"
    params = [tenant_id]

    text = text.strip()
    if text:
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query += f" AND {field} LIKE ? ESCAPE '\\'"
        params.append(f"%{pattern}%")

    if statuses:
        placeholders = ", ".join("?" * len(statuses))
        query += f" AND status IN ({placeholders})"
        params.extend(statuses)

    query += f" ORDER BY {sort} IS NULL, {sort} {direction}, id LIMIT ?"
    params.append(limit)

    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(query, params)
    return [dict(zip(COLUMNS, row)) for row in cursor.fetchall()]
