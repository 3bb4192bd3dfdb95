"""Fill in the organiser's pattern for badges."""

from .models import BadgeError, Ticket


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""
    try:
        text = pattern.format(
            number=ticket.number,
            price=ticket.price,
            holder=ticket.holder,
            event=ticket.event,
            seat=ticket.seat,
        )
    except (KeyError, IndexError, AttributeError, ValueError, TypeError) as exc:
        raise BadgeError(f"cannot fill in the pattern: {exc}") from exc
    return f"{text}\nNo. {ticket.number}"
