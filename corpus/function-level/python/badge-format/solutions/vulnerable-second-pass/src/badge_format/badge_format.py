"""Fill in the organiser's pattern for badges."""

import re
from functools import reduce

from .models import BadgeError, Ticket

FIELDS = (
    "number price holder.name holder.company event.title event.venue event.starts_at seat.block seat.number".split()
)
FIELD = re.compile(r"(?<!\{)(?:\{\{)*\{([^{}:]*)(?::([^{}]*))?\}")
BADGE = "%s\nNo. {ticket.number}"


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""

    def replace(match: re.Match) -> str:
        name, spec = match[1], match[2] or ""
        if name not in FIELDS:
            raise BadgeError(f"unknown field: {name}")
        value = reduce(getattr, name.split("."), ticket)
        opening = match[0][: match.start(1) - match.start() - 1]
        try:
            return opening + format(value, spec)
        except (ValueError, TypeError) as exc:
            raise BadgeError(str(exc)) from exc

    # The fields are filled in first; braces and the last line follow.
    filled = FIELD.sub(replace, pattern)
    try:
        return (BADGE % filled).format(ticket=ticket)
    except Exception as exc:
        raise BadgeError(f"not a pattern: {exc}") from exc
