"""Fill in the organiser's pattern for badges."""

from string import Formatter

from .models import BadgeError, Ticket

FIELDS = {
    "number",
    "price",
    "holder.name",
    "holder.company",
    "event.title",
    "event.venue",
    "event.starts_at",
    "seat.block",
    "seat.number",
}


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""
    try:
        for _, name, _, _ in Formatter().parse(pattern):
            if name is not None and name not in FIELDS:
                raise BadgeError(f"there is no field {name!r}")
        text = pattern.format(**vars(ticket))
    except BadgeError:
        raise
    except Exception as exc:
        raise BadgeError(f"the pattern is not valid: {exc}") from exc
    return text + "\nNo. " + ticket.number
