"""Search in a tenant's invoices."""

import sqlite3
from collections.abc import Sequence

COLUMNS = ("id", "number", "customer", "status", "issued_on", "due_on", "total_cents", "memo")
SEARCHABLE = ("number", "customer", "memo")
ORDERS = {"asc": "ASC", "desc": "DESC"}
MAX_LIMIT = 200


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
    """Return the tenant's invoices that match, in the order asked for."""
    if field not in SEARCHABLE:
        raise ValueError("unknown search field")
    if sort not in COLUMNS:
        raise ValueError("unknown sort column")
    if direction not in ORDERS:
        raise ValueError("unknown sort direction")
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit must be between 1 and {MAX_LIMIT}")

    conditions = ["tenant_id = ?"]
    values: list[object] = [tenant_id]
    needle = text.strip()
    if needle:
        conditions.append(f"instr(lower({field}), lower(?)) > 0")
        values.append(needle)
    if statuses:
        conditions.append(f"status IN ({', '.join('?' for _ in statuses)})")
        values.extend(statuses)
    values.append(int(limit))

    statement = (
        f"SELECT {', '.join(COLUMNS)} FROM invoices"
        f" WHERE {' AND '.join(conditions)}"
        f" ORDER BY {sort} IS NULL, {sort} {ORDERS[direction]}, id"
        " LIMIT ?"
    )
    cursor = connection.cursor()
    cursor.row_factory = None
    return [dict(zip(COLUMNS, row)) for row in cursor.execute(statement, values)]
