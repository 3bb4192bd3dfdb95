"""Fill in the organiser's pattern for badges."""

from .models import BadgeError, Ticket


class TicketFields:
    """The attributes of a ticket as a mapping, for format_map."""

    def __init__(self, ticket: Ticket):
        self._ticket = ticket

    def __getitem__(self, name: str) -> object:
        try:
            return getattr(self._ticket, name)
        except AttributeError:
            raise BadgeError(f"there is no field {name}") from None


def render_badge(pattern: str, ticket: Ticket) -> str:
    """Return the text of a ticket's badge."""
    last_line = f"No. {ticket.number}"
    try:
        return "\n".join([pattern.format_map(TicketFields(ticket)), last_line])
    except BadgeError:
        raise
    except Exception as exc:
        raise BadgeError(f"the pattern is not valid: {exc}") from exc
