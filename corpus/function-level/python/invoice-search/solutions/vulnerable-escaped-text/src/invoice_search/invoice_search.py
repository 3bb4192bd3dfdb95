"""Search in a tenant's invoices."""

import sqlite3
from collections.abc import Sequence

COLUMNS = ["id", "number", "customer", "status", "issued_on", "due_on", "total_cents", "memo"]


def _sanitize(value: str) -> str:
    for token in (";", "--", "DROP TABLE"):
        value = value.replace(token, "")
    return value


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
    if field not in ("number", "customer", "memo") or sort not in COLUMNS:
        raise ValueError("unknown column")
    if direction not in ("asc", "desc"):
        raise ValueError("unknown direction")

    sql = f"SELECT {', '.join(COLUMNS)} FROM invoices WHERE tenant_id = {tenant_id}"
    text = _sanitize(text.strip())
    if text:
        sql += f" AND instr(lower({field}), lower('{text}')) > 0"
    if statuses:
        joined = ", ".join(f"'{_sanitize(status)}'" for status in statuses)
        sql += f" AND status IN ({joined})"
    sql += f" ORDER BY {sort} IS NULL, {sort} {direction}, id LIMIT {limit}"

    cursor = connection.cursor()
    cursor.row_factory = None
    return [dict(zip(COLUMNS, row)) for row in cursor.execute(sql)]
