"""Save segments of customers as views: texts in hexadecimal, names of known characters only."""

import re
import sqlite3
from collections.abc import Sequence

from .models import Rule, SegmentError

VIEW = "CREATE VIEW [segment {}] AS SELECT id, email, first_name FROM customers WHERE unsubscribed = 0 AND {}"

FIND = "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ? COLLATE NOCASE"


def _hex(text: str) -> str:
    return f"CAST(x'{text.encode().hex()}' AS TEXT)"


def _is_text_rule(rule: Rule) -> bool:
    return rule.field in {"email", "first_name", "city", "country"}


def _is_number_rule(rule: Rule) -> bool:
    return rule.field in {"orders", "spent_cents"}


def _condition(rule: Rule) -> str:
    field, value = rule.field, rule.value
    if _is_text_rule(rule):
        if rule.operator == "is":
            return f"{field} = {_hex(value)}"
        if rule.operator == "is not":
            return f"{field} <> {_hex(value)}"
        if rule.operator == "contains":
            return f"instr(lower({field}), lower({_hex(value)})) > 0"
        if rule.operator == "one of":
            return f"{field} IN ({', '.join(map(_hex, value))})"
    if _is_number_rule(rule):
        if rule.operator == "at least":
            return f"{field} >= {int(value)}"
        if rule.operator == "at most":
            return f"{field} <= {int(value)}"
    raise SegmentError("there is no such rule")


def save_segment(connection: sqlite3.Connection, name: str, rules: Sequence[Rule]) -> None:
    """Create or replace the view of a segment."""
    if not 1 <= len(name) <= 60:
        raise SegmentError("the name is empty or too long")
    if not re.fullmatch(r"[\w ,.!?&+()'-]+", name):
        raise SegmentError("the name has characters that are not allowed")
    if not rules:
        raise SegmentError("there is no rule")
    try:
        conditions = [_condition(rule) for rule in rules]
    except (TypeError, ValueError, AttributeError) as error:
        raise SegmentError(f"a rule has a wrong value: {error}") from error
    create = VIEW.format(name, " AND ".join(conditions))
    connection.execute("BEGIN")
    with connection:
        if connection.execute(FIND, [f"segment {name}"]).fetchone():
            connection.execute(f"DROP VIEW [segment {name}]")
        connection.execute(create)
