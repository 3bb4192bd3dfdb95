"""Save segments of customers as views."""

import sqlite3
from collections.abc import Sequence

from .models import Rule, SegmentError

TEXT_FIELDS = ("email", "first_name", "city", "country")
NUMBER_FIELDS = ("orders", "spent_cents")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _condition(rule: Rule) -> str:
    if rule.field in TEXT_FIELDS and rule.operator == "is":
        return f"{rule.field} = {_text(rule.value)}"
    if rule.field in TEXT_FIELDS and rule.operator == "is not":
        return f"{rule.field} <> {_text(rule.value)}"
    if rule.field in TEXT_FIELDS and rule.operator == "contains":
        return f"instr(lower({rule.field}), lower({_text(rule.value)})) > 0"
    if rule.field in TEXT_FIELDS and rule.operator == "one of":
        return f"{rule.field} IN ({', '.join(_text(item) for item in rule.value)})"
    if rule.field in NUMBER_FIELDS and rule.operator == "at least":
        return f"{rule.field} >= {rule.value}"
    if rule.field in NUMBER_FIELDS and rule.operator == "at most":
        return f"{rule.field} <= {rule.value}"
    raise SegmentError(f"unknown rule: {rule.field} {rule.operator}")


def save_segment(connection: sqlite3.Connection, name: str, rules: Sequence[Rule]) -> None:
    """Create or replace the view of a segment."""
    if not 1 <= len(name) <= 60 or not rules:
        raise SegmentError("a name and a rule are needed")
    where = " AND ".join(_condition(rule) for rule in rules)
    view = _name(f"segment {name}")
    connection.executescript(
        f"BEGIN; DROP VIEW IF EXISTS {view};"
        f" CREATE VIEW {view} AS SELECT id, email, first_name FROM customers"
        f" WHERE unsubscribed = 0 AND {where}; COMMIT;"
    )
