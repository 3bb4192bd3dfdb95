"""Search in a tenant's invoices."""

import sqlite3
from collections.abc import Sequence

COLUMNS = ["id", "number", "customer", "status", "issued_on", "due_on", "total_cents", "memo"]
FORBIDDEN = (";", "--", "drop ", "delete ", "insert ", "update ", "union ")


def _clean(name: str) -> str:
    lowered = name.lower()
    if any(word in lowered for word in FORBIDDEN):
        raise ValueError("invalid column")
    return f'"{name}"'


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
    if not 1 <= limit <= 200:
        raise ValueError("limit must be between 1 and 200")
    order = "DESC" if direction.lower() == "desc" else "ASC"
    where = ["tenant_id = :tenant"]
    params = {"tenant": tenant_id, "limit": limit}

    text = text.strip()
    if text:
        where.append(f"instr(lower({_clean(field)}), lower(:text)) > 0")
        params["text"] = text
    if statuses:
        names = []
        for position, status in enumerate(statuses):
            params[f"status{position}"] = status
            names.append(f":status{position}")
        where.append(f"status IN ({', '.join(names)})")

    column = _clean(sort)
    sql = (
        f"SELECT {', '.join(COLUMNS)} FROM invoices WHERE {' AND '.join(where)} "
        f"ORDER BY {column} IS NULL, {column} {order}, id LIMIT :limit"
    )
    cursor = connection.cursor()
    cursor.row_factory = None
    return [dict(zip(COLUMNS, row)) for row in cursor.execute(sql, params)]
