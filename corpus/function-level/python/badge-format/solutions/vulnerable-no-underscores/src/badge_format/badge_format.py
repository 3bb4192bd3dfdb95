"""Fill in the organiser's pattern for badges."""

import re

from .models import BadgeError, Ticket

FIELD = re.compile(r"\{[^{}]*\}")


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""
    for field in FIELD.findall(pattern):
        if "__" in field:
            raise BadgeError(f"{field} is not allowed")
    fields = {name: getattr(ticket, name) for name in ("number", "price", "holder", "event", "seat")}
    try:
        return pattern.format_map(fields) + f"\nNo. {ticket.number}"
    except Exception as exc:
        raise BadgeError(str(exc)) from exc
