"""Save segments of customers as views: SQL literals with doubled quotation marks."""

import sqlite3
from collections.abc import Sequence

from .models import Rule, SegmentError

TEXT_FIELDS = ("email", "first_name", "city", "country")
NUMBER_FIELDS = ("orders", "spent_cents")


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise SegmentError("a text is needed")
    return "'" + value.replace("'", "''") + "'"


def _texts(values: object) -> str:
    if not isinstance(values, (list, tuple)) or not values:
        raise SegmentError("texts are needed")
    return ", ".join(_text(value) for value in values)


def _number(value: object) -> str:
    if not isinstance(value, int):
        raise SegmentError("a number is needed")
    return str(int(value))


def _name(name: str) -> str:
    if "\0" in name:
        raise SegmentError("the name has a character that is not allowed")
    return '"' + name.replace('"', '""') + '"'


OPERATORS = {
    "is": (TEXT_FIELDS, _text, "{} = {}"),
    "is not": (TEXT_FIELDS, _text, "{} <> {}"),
    "contains": (TEXT_FIELDS, _text, "instr(lower({}), lower({})) > 0"),
    "one of": (TEXT_FIELDS, _texts, "{} IN ({})"),
    "at least": (NUMBER_FIELDS, _number, "{} >= {}"),
    "at most": (NUMBER_FIELDS, _number, "{} <= {}"),
}


def _condition(rule: Rule) -> str:
    if rule.operator not in OPERATORS:
        raise SegmentError(f"unknown operator: {rule.operator!r}")
    fields, literal, pattern = OPERATORS[rule.operator]
    if rule.field not in fields:
        raise SegmentError(f"{rule.operator} is not for {rule.field!r}")
    return pattern.format(rule.field, literal(rule.value))


def save_segment(connection: sqlite3.Connection, name: str, rules: Sequence[Rule]) -> None:
    """Create or replace the view of a segment."""
    if not 1 <= len(name) <= 60:
        raise SegmentError("a name has 1 to 60 characters")
    if not rules:
        raise SegmentError("a segment needs a rule")
    view = _name("segment " + name)
    where = " AND ".join(_condition(rule) for rule in rules)
    connection.execute("BEGIN")
    with connection:
        connection.execute(f"DROP VIEW IF EXISTS {view}")
        connection.execute(
            f"CREATE VIEW {view} AS SELECT id, email, first_name FROM customers"
            f" WHERE unsubscribed = 0 AND {where}"
        )
