"""Fill in the organiser's pattern for badges: the pattern is read here, and fields are looked up in a table."""

import re

from .models import BadgeError, Ticket

PART = re.compile(r"(?P<double>\{\{|\}\})|\{(?P<name>[^{}:]*)(?::(?P<format>[^{}]*))?\}|(?P<single>[{}])")


def _values(ticket: Ticket) -> dict[str, object]:
    return {
        "number": ticket.number,
        "price": ticket.price,
        "holder.name": ticket.holder.name,
        "holder.company": ticket.holder.company,
        "event.title": ticket.event.title,
        "event.venue": ticket.event.venue,
        "event.starts_at": ticket.event.starts_at,
        "seat.block": ticket.seat.block,
        "seat.number": ticket.seat.number,
    }


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""
    values = _values(ticket)

    def fill_in(match: re.Match) -> str:
        if match["double"]:
            return match["double"][0]
        if match["single"]:
            raise BadgeError("a brace has no counterpart")
        if match["name"] not in values:
            raise BadgeError(f"there is no field {match['name']!r}")
        try:
            return format(values[match["name"]], match["format"] or "")
        except Exception as error:
            raise BadgeError(f"the format of {match['name']} does not suit it") from error

    return PART.sub(fill_in, pattern) + f"\nNo. {ticket.number}"
