"""Save segments of customers as views."""

import re
import sqlite3
from collections.abc import Sequence

from .models import Rule, SegmentError

TEXTS = re.compile("email|first_name|city|country")
NUMBERS = ("orders", "spent_cents")
SUSPICIOUS = re.compile(r";|--|\bunion\b|\bdrop\b|\bdelete\b|\bupdate\b|\binsert\b", re.IGNORECASE)


def _check(text) -> str:
    text = str(text)
    if SUSPICIOUS.search(text):
        raise SegmentError(f"not allowed: {text}")
    return text


def _condition(rule: Rule) -> str:
    field, value = rule.field, rule.value
    match rule.operator:
        case "is" if TEXTS.match(field):
            return f"{field} = '{_check(value)}'"
        case "is not" if TEXTS.match(field):
            return f"{field} != '{_check(value)}'"
        case "contains" if TEXTS.match(field):
            return f"lower({field}) GLOB '*' || lower('{_check(value)}') || '*'"
        case "one of" if TEXTS.match(field):
            return "(" + " OR ".join(f"{field} = '{_check(item)}'" for item in value) + ")"
        case "at least" if field in NUMBERS:
            return f"{field} >= {_check(value)}"
        case "at most" if field in NUMBERS:
            return f"{field} <= {_check(value)}"
    raise SegmentError(f"{field} {rule.operator} is no rule")


def save_segment(connection: sqlite3.Connection, name: str, rules: Sequence[Rule]) -> None:
    """Create or replace the view of a segment."""
    if not rules or not 0 < len(name) <= 60:
        raise SegmentError("a name of 1 to 60 characters and a rule are needed")
    view = '"segment ' + _check(name).replace('"', '""') + '"'
    where = " AND ".join(_condition(rule) for rule in rules)
    with connection:
        connection.execute(f"DROP VIEW IF EXISTS {view}")
        connection.execute(
            f"CREATE VIEW {view} AS SELECT id, email, first_name FROM customers"
            f" WHERE unsubscribed = 0 AND {where}"
        )
