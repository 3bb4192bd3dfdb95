"""Save segments of customers as views."""

import sqlite3
from collections.abc import Sequence

from .models import Rule, SegmentError

TEXT_FIELDS = {"email", "first_name", "city", "country"}
NUMBER_FIELDS = {"orders", "spent_cents"}


def _condition(rule: Rule) -> str:
    if rule.field in TEXT_FIELDS:
        if rule.operator == "is":
            return f"{rule.field} = '{rule.value}'"
        if rule.operator == "is not":
            return f"{rule.field} <> '{rule.value}'"
        if rule.operator == "contains":
            return f"instr(lower({rule.field}), lower('{rule.value}')) > 0"
        if rule.operator == "one of":
            values = ", ".join(f"'{value}'" for value in rule.value)
            return f"{rule.field} IN ({values})"
    elif rule.field in NUMBER_FIELDS:
        if rule.operator == "at least":
            return f"{rule.field} >= {rule.value}"
        if rule.operator == "at most":
            return f"{rule.field} <= {rule.value}"
    raise SegmentError(f"no such rule: {rule.field} {rule.operator}")


def save_segment(connection: sqlite3.Connection, name: str, rules: Sequence[Rule]) -> None:
    """Create or replace the view of a segment."""
    if not 1 <= len(name) <= 60:
        raise SegmentError("a name has 1 to 60 characters")
    if not rules:
        raise SegmentError("a segment needs a rule")
    conditions = " AND ".join(_condition(rule) for rule in rules)
    connection.executescript(
        f"""
        BEGIN;
        DROP VIEW IF EXISTS "segment {name}";
        CREATE VIEW "segment {name}" AS
            SELECT id, email, first_name FROM customers
            WHERE unsubscribed = 0 AND {conditions};
        COMMIT;
        """
    )
