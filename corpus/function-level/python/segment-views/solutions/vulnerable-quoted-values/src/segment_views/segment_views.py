"""Save segments of customers as views."""

import sqlite3
from collections.abc import Sequence

from .models import Rule, SegmentError

TEXT_CONDITIONS = {
    "is": "{field} = {value}",
    "is not": "{field} <> {value}",
    "contains": "instr(lower({field}), lower({value})) > 0",
    "one of": "{field} IN ({value})",
}
NUMBER_CONDITIONS = {"at least": "{field} >= {value}", "at most": "{field} <= {value}"}
CONDITIONS = {
    **dict.fromkeys(("email", "first_name", "city", "country"), TEXT_CONDITIONS),
    **dict.fromkeys(("orders", "spent_cents"), NUMBER_CONDITIONS),
}


def _literal(value) -> str:
    if isinstance(value, list):
        return ", ".join(_literal(item) for item in value)
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _condition(rule: Rule) -> str:
    try:
        pattern = CONDITIONS[rule.field][rule.operator]
    except KeyError:
        raise SegmentError(f"unknown rule: {rule.field} {rule.operator}") from None
    return pattern.format(field=rule.field, value=_literal(rule.value))


def save_segment(connection: sqlite3.Connection, name: str, rules: Sequence[Rule]) -> None:
    """Create or replace the view of a segment."""
    if not name or len(name) > 60:
        raise SegmentError("the name must have 1 to 60 characters")
    if not rules:
        raise SegmentError("at least one rule is needed")
    where = " AND ".join(["unsubscribed = 0", *map(_condition, rules)])
    view = f'"segment {name}"'
    with connection:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (f"segment {name}",))
        if found.fetchone():
            connection.execute(f"DROP VIEW {view}")
        connection.execute(f"CREATE VIEW {view} AS SELECT id, email, first_name FROM customers WHERE {where}")
